-- what: Did somebody run a command in the container shortly before it sent data out?
-- class: orchestration
-- role: context
-- needs: api_activity, connection
-- parameters: exec_window_seconds, novelty_floor_bytes
WITH
  execs AS (
    SELECT multiIf(c.entity_id != '', c.entity_id, a.resource_type = 'pods', concat('workload:', a.namespace, '/', a.resource_name), concat('workload:', a.container_name)) AS entity_id,
      a.time AS time, a.is_interactive AS is_interactive, a.actor_user_name AS actor
    FROM api_activity AS a LEFT ANY JOIN container AS c ON c.short_uid = substring(a.container_uid, 1, 12)
    WHERE (a.api_operation IN ('exec_create', 'exec') OR a.subresource = 'exec') AND NOT (a.load_id IN (SELECT load_id FROM load WHERE is_baseline))
  ),
  uploads AS (
    SELECT entity_id, time, bytes_out, peer FROM connection
    WHERE entity_id IN (SELECT entity_id FROM execs) AND NOT is_dst_inside AND NOT is_baseline AND bytes_out > bytes_in
  )
SELECT x.entity_id AS entity_id,
  -- Several commands may come before one upload: it counts once.
  arraySum(arrayMap(upload -> upload.3, groupUniqArray((u.time, u.peer, u.bytes_out)))) AS sent, min(x.time) AS window_from, max(u.time) AS window_to,
  if(max(x.is_interactive), 0.5, 0.35) AS likelihood,
  concat(if(max(x.is_interactive), 'an interactive session', 'a command'), ' was started in the container ',
    toString(round(greatest(0, min(dateDiff('millisecond', x.time, u.time))) / 1000, 1)), ' s before') AS says,
  map('execs', toString(uniqExact(x.time)), 'interactive', toString(max(x.is_interactive)), 'actor', any(x.actor), 'bytes_out', toString(sent)) AS measured,
  groupUniqArray(10)(u.peer) AS destinations
FROM execs AS x JOIN uploads AS u ON u.entity_id = x.entity_id
-- Whole-second stamps may put an upload a second before the command that made it.
WHERE u.time >= x.time - INTERVAL 1 SECOND AND u.time <= x.time + toIntervalSecond({exec_window_seconds:UInt32})
GROUP BY x.entity_id, toStartOfHour(x.time)
HAVING sent >= {novelty_floor_bytes:UInt64}
