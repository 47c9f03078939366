-- what: Is an upload command run by a loop or a scheduler?
-- class: process
-- role: trigger
-- needs: command
-- parameters: tool_confidence_min, beat_floor_bytes
-- A loop that sends nothing out is no transfer: where a network source looks, it must have seen the bytes.
WITH
  sent_by AS (SELECT entity_id, toUInt32(minute) AS at, sum(bytes_out) AS sent FROM egress WHERE NOT is_peer_inside AND entity_id IN (SELECT entity_id FROM command) GROUP BY entity_id, at),
  watched AS (SELECT count() > 0 AS is_watched FROM egress)
SELECT entity_id, min(t.time) AS window_from, max(t.time) + toIntervalSecond(60) AS window_to,
  max(t.confidence * if(t.sent >= 16 * {beat_floor_bytes:UInt64} OR NOT (SELECT is_watched FROM watched), 0.8, 0.2)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(t.tool)), ', '), ' uploads in a loop or on a schedule') AS says,
  map('commands', toString(count()), 'tools', arrayStringConcat(groupUniqArray(5)(t.tool), ' '), 'evidence', argMax(t.evidence, t.confidence), 'confidence', toString(round(max(t.confidence), 2)), 'bytes_out_within_1_hour', toString(max(t.sent))) AS measured,
  arrayFilter(h -> h != '', groupUniqArray(20)(t.host)) AS destinations
FROM (
  SELECT c.entity_id AS entity_id, c.time AS time, c.confidence AS confidence, c.tool AS tool, c.evidence AS evidence, c.host AS host, sumIf(s.sent, s.at + 60 >= toUInt32(c.time) AND s.at <= toUInt32(c.time) + 3600) AS sent
  FROM (
    SELECT * FROM command WHERE direction = 'upload' AND (in_loop OR has_scheduler) AND NOT is_baseline AND confidence >= {tool_confidence_min:Float64}
      AND NOT (to_ip(host) IS NOT NULL AND dictGetOrDefault('zone_of', 'kind', ifNull(to_ip(host), toIPv6('::')), 'outside') != 'outside')
  ) AS c
  LEFT JOIN sent_by AS s ON s.entity_id = c.entity_id
  GROUP BY c.entity_id, c.time, c.confidence, c.tool, c.evidence, c.host
) AS t
GROUP BY entity_id, toStartOfHour(t.time)
