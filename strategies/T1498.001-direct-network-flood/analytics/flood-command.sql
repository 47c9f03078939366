-- what: Did a command in the container run a flood tool, or a loop that opens connections without pausing?
-- class: process
-- role: trigger
-- needs: command
-- parameters: command_pause_max, command_connections_low, command_connections_high
-- cost: 1
-- A command counts by what was opened within ten minutes, under the lower number it adds nothing. One that never pauses may go from target to target:
-- all that got the lower number add up; and it may name what sensors know by its address alone: then the target that got most stands beside the name.
-- One that pauses polls, or takes an inventory where it goes over many hosts: the target that got most counts, as where nearly every connection has a
-- port of its own. Where no network source looks it stands alone. Ten packets count as a connection, a hundred of pings, which monitors send too. Loops
-- that send files are transfers, as are those that send over a kilobyte a time and twice what they get; loops that fetch 64 KiB a time and more are downloads.
WITH
  contacts AS (
    SELECT entity_id, toUInt32(minute) AS at, peer, greatest(c.connections, intDiv(c.packets, if(c.protocol IN ('icmp', 'ipv6-icmp', 'icmpv6'), 100, 10))) * if(c.received > 65536 * c.connections, 0.1, 1) AS opened, c.ports * 4 > c.connections AS is_scanned,
      c.futile * 2 < c.connections AND c.bytes > 2 * c.received AND c.bytes > 1024 * c.connections AS is_transfer
    FROM contact_judged AS c WHERE entity_id IN (SELECT entity_id FROM command)
  ),
  done AS (
    SELECT entity_id, at, is_transfer, max(c.opened) AS at_one, greatest(at_one, sumIf(c.opened, NOT c.is_scanned)) AS at_all, argMax(c.peer, c.opened) AS most, groupUniqArray(20)(c.peer) AS pressed
    FROM contacts AS c WHERE c.opened >= {command_connections_low:UInt32} GROUP BY entity_id, at, is_transfer
  ),
  watched AS (SELECT count() > 0 AS is_watched FROM (SELECT 1 FROM egress LIMIT 1)),
  suspects AS (
    SELECT entity_id, time, host, tool, evidence, direction, direction = 'flood' OR is_complete AND loop_pause = 0 AS never_pauses,
      multiIf(direction = 'flood', 0.9 * confidence, is_complete = 0, 0.45, loop_pause = 0, 0.75, loop_pause * 4 <= {command_pause_max:Float64}, 0.65, 0.5) AS weight
    FROM command
    WHERE NOT is_baseline AND (direction = 'flood'
      OR in_loop AND loop_pause < {command_pause_max:Float64} AND protocol IN ('http', 'https', 'tcp', 'udp') AND (direction != 'upload' OR protocol IN ('tcp', 'udp') AND confidence <= 0.6))
  )
SELECT entity_id, min(t.time) AS window_from, max(t.time) + toIntervalSecond(60) AS window_to,
  max(t.weight * if((SELECT is_watched FROM watched), 0.25 + 0.75 * log_ramp(t.opened, {command_connections_low:UInt32}, {command_connections_high:UInt32}), 0.8)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(if(t.direction = 'flood', t.tool, concat(t.tool, ' in a loop')))), ', '), if(max(t.direction = 'flood'), ' floods', ' opens connections without a pause'), if(max(t.host) != '', concat(' to ', argMax(t.host, t.weight)), '')) AS says,
  map('commands', toString(count()), 'evidence', argMax(t.evidence, t.weight), 'connections_within_10_minutes', toString(toUInt64(max(t.opened)))) AS measured,
  arrayFilter(h -> h != '', groupUniqArrayArray(20)(if(has(t.pressed, t.host) OR NOT t.never_pauses, [t.host], [t.host, t.most]))) AS destinations
FROM (
  WITH d.at + 60 >= toUInt32(s.time) AND d.at <= toUInt32(s.time) + 600 AND (s.direction = 'flood' OR NOT d.is_transfer) AS is_its
  SELECT s.entity_id AS entity_id, s.time AS time, s.host AS host, s.tool AS tool, s.evidence AS evidence, s.direction AS direction, s.never_pauses AS never_pauses, s.weight AS weight,
    maxIf(if(s.never_pauses, d.at_all, d.at_one), is_its) AS opened, argMaxIf(d.most, d.at_one, is_its) AS most, groupUniqArrayArrayIf(20)(d.pressed, is_its) AS pressed
  FROM suspects AS s LEFT JOIN done AS d ON d.entity_id = s.entity_id
  GROUP BY s.entity_id, s.time, s.host, s.tool, s.evidence, s.direction, s.never_pauses, s.weight
) AS t
GROUP BY entity_id, toStartOfHour(t.time)
