-- what: Did a command in the container run a flood tool, or a loop that opens connections without pausing?
-- class: process
-- role: trigger
-- needs: command
-- parameters: command_pause_max, command_connections_low, command_connections_high
-- A command counts by what it did: under the lower number of connections within ten minutes it adds nothing. Where no network source looks it stands
-- alone. Ten packets count as a connection, a hundred of pings, which monitors send too. Loops that send files are transfers; loops that fetch 64 KiB a time and more are downloads.
WITH
  done AS (SELECT entity_id, toUInt32(minute) AS at, max(greatest(c.connections, intDiv(c.packets, if(c.protocol IN ('icmp', 'ipv6-icmp', 'icmpv6'), 100, 10))) * if(c.received > 65536 * c.connections, 0.1, 1)) AS opened FROM contact_minute AS c WHERE entity_id IN (SELECT entity_id FROM command) GROUP BY entity_id, at),
  watched AS (SELECT count() > 0 AS is_watched FROM egress),
  suspects AS (
    SELECT entity_id, time, host, tool, evidence, seen_by, direction,
      multiIf(direction = 'flood', 0.9 * confidence, is_complete = 0, 0.45, loop_pause = 0, 0.75, loop_pause * 4 <= {command_pause_max:Float64}, 0.65, 0.5) AS weight
    FROM command
    WHERE NOT is_baseline AND (direction = 'flood'
      OR in_loop AND loop_pause < {command_pause_max:Float64} AND protocol IN ('http', 'https', 'tcp', 'udp') AND (direction != 'upload' OR protocol IN ('tcp', 'udp') AND confidence <= 0.6))
  )
SELECT entity_id, min(t.time) AS window_from, max(t.time) + toIntervalSecond(60) AS window_to,
  max(t.weight * if((SELECT is_watched FROM watched), 0.25 + 0.75 * log_ramp(t.opened, {command_connections_low:UInt32}, {command_connections_high:UInt32}), 0.8)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(if(t.direction = 'flood', t.tool, concat(t.tool, ' in a loop')))), ', '), if(max(t.direction = 'flood'), ' floods', ' opens connections without a pause'), if(max(t.host) != '', concat(' to ', argMax(t.host, t.weight)), '')) AS says,
  map('commands', toString(count()), 'evidence', argMax(t.evidence, t.weight), 'connections_within_10_minutes', toString(toUInt64(max(t.opened)))) AS measured,
  arrayFilter(h -> h != '', groupUniqArray(20)(t.host)) AS destinations
FROM (
  SELECT s.entity_id AS entity_id, s.time AS time, s.host AS host, s.tool AS tool, s.evidence AS evidence, s.direction AS direction, s.weight AS weight, maxIf(d.opened, d.at + 60 >= toUInt32(s.time) AND d.at <= toUInt32(s.time) + 600) AS opened
  FROM suspects AS s LEFT JOIN done AS d ON d.entity_id = s.entity_id
  GROUP BY s.entity_id, s.time, s.host, s.tool, s.evidence, s.direction, s.weight
) AS t
GROUP BY entity_id, toStartOfHour(t.time)
