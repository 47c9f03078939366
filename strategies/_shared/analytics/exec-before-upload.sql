-- what: Did somebody run a command in the container shortly before it sent data out?
-- class: orchestration
-- role: context
-- needs: api_activity
-- parameters: exec_window_seconds, novelty_floor_bytes, tool_confidence_min
-- cost: 1
-- A process that uploads adds the place it names. Where no network source looks it stands for what was sent: it was seen by another sensor
-- than the command before it.
WITH
  uploads AS (
    SELECT entity_id, time, bytes_out, peer FROM connection_judged
    WHERE entity_id IN (SELECT entity_id FROM container_exec) AND NOT is_dst_inside AND NOT is_baseline AND 2 * bytes_out >= bytes_in
    UNION ALL
    SELECT entity_id, time, if((SELECT count() FROM (SELECT 1 FROM egress LIMIT 1)) = 0, {novelty_floor_bytes:UInt64}, 0), host FROM command
    WHERE seen_by = 'process' AND direction = 'upload' AND confidence >= {tool_confidence_min:Float64} AND NOT is_baseline
  )
SELECT x.entity_id AS entity_id,
  -- Several commands may come before one upload: it counts once.
  arraySum(arrayMap(upload -> upload.3, groupUniqArray((u.time, u.peer, u.bytes_out)))) AS sent, min(x.time) AS window_from, max(u.time) AS window_to,
  if(max(x.is_interactive), 0.5, 0.35) AS likelihood,
  concat(if(max(x.is_interactive), 'an interactive session', 'a command'), ' was started in the container ',
    toString(round(greatest(0, min(dateDiff('millisecond', x.time, u.time))) / 1000, 1)), ' s before') AS says,
  map('execs', toString(uniqExact(x.time)), 'interactive', toString(max(x.is_interactive)), 'actor', any(x.actor), 'bytes_out', if((SELECT count() FROM (SELECT 1 FROM egress LIMIT 1)) = 0, 'not seen', toString(sent))) AS measured,
  arrayFilter(peer -> peer != '', groupUniqArray(10)(u.peer)) AS destinations
FROM container_exec AS x JOIN uploads AS u ON u.entity_id = x.entity_id
-- Whole-second stamps may put an upload a second before the command that made it.
WHERE u.time >= x.time - INTERVAL 1 SECOND AND u.time <= x.time + toIntervalSecond({exec_window_seconds:UInt32})
GROUP BY x.entity_id, toStartOfHour(x.time)
HAVING sent >= {novelty_floor_bytes:UInt64}
