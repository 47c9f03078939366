-- what: Did somebody run a command in the container shortly before it opened many connections to one target?
-- class: orchestration
-- role: context
-- needs: api_activity, egress
-- parameters: exec_window_seconds, command_connections_low
-- cost: 0.25
SELECT x.entity_id AS entity_id, min(x.time) AS window_from, toDateTime64(max(m.minute) + 60, 6, 'UTC') AS window_to,
  if(max(x.is_interactive), 0.5, 0.35) AS likelihood,
  concat(if(max(x.is_interactive), 'an interactive session', 'a command'), ' was started in the container before') AS says,
  map('execs', toString(uniqExact(x.time)), 'interactive', toString(max(x.is_interactive)), 'actor', any(x.actor), 'connections', toString(max(m.connections))) AS measured,
  groupUniqArray(10)(m.peer) AS destinations
FROM container_exec AS x JOIN (SELECT * FROM contact_judged WHERE entity_id IN (SELECT entity_id FROM container_exec)) AS m ON m.entity_id = x.entity_id
WHERE NOT m.is_baseline AND (m.connections >= {command_connections_low:UInt32} OR m.packets >= 10 * {command_connections_low:UInt32})
  AND m.minute + 60 >= x.time AND m.minute <= x.time + toIntervalSecond({exec_window_seconds:UInt32})
GROUP BY x.entity_id, toStartOfHour(x.time)
