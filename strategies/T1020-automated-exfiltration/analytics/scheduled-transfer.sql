-- what: Is an upload command run by a loop or a scheduler, or again and again?
-- class: process
-- role: trigger
-- needs: command
-- parameters: tool_confidence_min, beat_floor_bytes, beats_min
-- cost: 2
-- A loop that sends nothing out is no transfer: where a network source looks, it must have seen more bytes go than come, from
-- 32 floors an hour on; what checks in over TLS gets nearly as much as it sends. Come and gone are netted per peer and minute:
-- a download from elsewhere in the same minute hides no upload. Connections of less than a floor are no transfer, many as
-- they may be; the handshakes of a flood add up to megabytes.
-- The same tool to the same host, started as often as a rhythm needs, is repeated by something, wherever that something is: a
-- CronJob makes a new container each time. Starts are counted by second; of a container's own command, by container.
WITH
  repeated AS (
    SELECT entity_id, tool, host, max(starts) AS runs
    FROM (
      SELECT entity_id, tool, host, seen_by, uniqExact(if(is_exec OR seen_by = 'process', toString(toUInt32(time)), container_uid)) AS starts
      FROM command WHERE direction = 'upload' AND NOT is_baseline GROUP BY entity_id, tool, host, seen_by
    )
    GROUP BY entity_id, tool, host HAVING runs >= {beats_min:UInt32}
  ),
  sent_by AS (
    SELECT entity_id, at, sum(net) AS sent
    FROM (
      SELECT entity_id, toUInt32(minute) AS at, sumIf(e.bytes_out, e.bytes_out >= e.connections * {beat_floor_bytes:UInt64}) AS out, out - least(out, sum(e.bytes_in)) AS net
      FROM egress AS e WHERE NOT is_peer_inside AND entity_id IN (SELECT entity_id FROM command) GROUP BY entity_id, at, peer
    )
    GROUP BY entity_id, at
  ),
  watched AS (SELECT count() > 0 AS is_watched FROM (SELECT 1 FROM egress LIMIT 1))
SELECT entity_id, min(t.time) AS window_from, max(t.time) + toIntervalSecond(60) AS window_to,
  max(t.confidence * if((SELECT is_watched FROM watched), 0.2 + 0.6 * log_ramp(t.sent, 32 * {beat_floor_bytes:UInt64}, 256 * {beat_floor_bytes:UInt64}), 0.8)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(t.tool)), ', '), if(max(t.runs) > 0 AND NOT max(t.is_looped), concat(' uploads, started ', toString(max(t.runs)), ' times'), ' uploads in a loop or on a schedule')) AS says,
  map('commands', toString(count()), 'starts', toString(max(t.runs)), 'tools', arrayStringConcat(groupUniqArray(5)(t.tool), ' '), 'evidence', argMax(t.evidence, t.confidence), 'confidence', toString(round(max(t.confidence), 2)), 'net_bytes_out_within_1_hour', toString(max(t.sent))) AS measured,
  arrayFilter(h -> h != '', groupUniqArray(20)(t.host)) AS destinations
FROM (
  SELECT c.entity_id AS entity_id, c.runs AS runs, c.is_looped AS is_looped, c.time AS time, c.confidence AS confidence, c.tool AS tool, c.evidence AS evidence, c.host AS host, sumIf(s.sent, s.at + 60 >= toUInt32(c.time) AND s.at <= toUInt32(c.time) + 3600) AS sent
  FROM (
    SELECT k.*, r.runs AS runs, in_loop OR has_scheduler AS is_looped
    FROM (SELECT * FROM command) AS k LEFT JOIN repeated AS r ON r.entity_id = k.entity_id AND r.tool = k.tool AND r.host = k.host
    WHERE direction = 'upload' AND (is_looped OR runs > 0) AND NOT is_baseline AND confidence >= {tool_confidence_min:Float64}
      AND NOT (to_ip(host) IS NOT NULL AND dictGetOrDefault('zone_of', 'kind', ifNull(to_ip(host), toIPv6('::')), 'outside') != 'outside')
  ) AS c
  LEFT JOIN sent_by AS s ON s.entity_id = c.entity_id
  GROUP BY c.entity_id, c.runs, c.is_looped, c.time, c.confidence, c.tool, c.evidence, c.host
) AS t
GROUP BY entity_id, toStartOfHour(t.time)
