-- what: Did somebody run a command in the container shortly before it sent data out?
-- class: orchestration
-- role: context
-- needs: api_activity, egress
-- parameters: exec_window_seconds, novelty_floor_bytes
WITH
  execs AS (
    SELECT multiIf(c.entity_id != '', c.entity_id, a.resource_type = 'pods', concat('workload:', a.namespace, '/', a.resource_name), concat('workload:', a.container_name)) AS entity_id,
      a.time AS time, a.cmd_line AS cmd_line, a.is_interactive AS is_interactive, a.actor_user_name AS actor
    FROM api_activity AS a LEFT ANY JOIN container AS c ON c.short_uid = substring(a.container_uid, 1, 12)
    WHERE (a.api_operation IN ('exec_create', 'exec') OR a.subresource = 'exec') AND NOT (a.load_id IN (SELECT load_id FROM load WHERE is_baseline))
  ),
  uploads AS (
    SELECT entity_id, minute, sum(bytes_out) AS sent, any(peer_ip) AS ip FROM egress
    WHERE role = 'initiator' AND NOT is_peer_inside AND NOT is_baseline AND entity_id IN (SELECT entity_id FROM execs) GROUP BY entity_id, minute HAVING sent >= {novelty_floor_bytes:UInt64}
  )
SELECT x.entity_id AS entity_id, min(x.time) AS window_from, toDateTime64(max(u.minute) + 60, 6, 'UTC') AS window_to,
  if(max(x.is_interactive), 0.5, 0.35) AS likelihood,
  concat(if(max(x.is_interactive), 'an interactive session', 'a command'), ' was started in the container ',
    toString(greatest(0, min(dateDiff('second', x.time, toDateTime64(u.minute, 6, 'UTC') + INTERVAL 1 MINUTE)) - 60)), ' s or less before') AS says,
  map('execs', toString(uniqExact(x.time)), 'interactive', toString(max(x.is_interactive)), 'actor', any(x.actor), 'bytes_out', toString(max(u.sent))) AS measured,
  groupUniqArray(5)(ip_text(u.ip)) AS destination_ips
FROM execs AS x JOIN uploads AS u ON u.entity_id = x.entity_id
WHERE toDateTime64(u.minute, 6, 'UTC') + INTERVAL 1 MINUTE >= x.time AND u.minute <= x.time + toIntervalSecond({exec_window_seconds:UInt32})
GROUP BY x.entity_id, toStartOfHour(x.time)
