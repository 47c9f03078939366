-- what: Did a command in the container upload through HTTP, object storage or a raw socket?
-- class: process
-- role: trigger
-- needs: command
-- parameters: tool_confidence_min
-- cost: 2
-- A command that uploads while nothing leaves counts little; where no network source looks, the command stands alone. Connections of under
-- 1 KiB carry no file: a flood's handshakes add up to megabytes.
WITH
  sent_by AS (SELECT entity_id, toUInt32(minute) AS at, sum(bytes_out) AS sent FROM egress WHERE NOT is_peer_inside AND is_web_or_unknown(app) AND bytes_out >= 1024 * connections AND entity_id IN (SELECT entity_id FROM command) GROUP BY entity_id, at),
  watched AS (SELECT count() > 0 AS is_watched FROM (SELECT 1 FROM egress LIMIT 1))
SELECT entity_id, arraySort(arrayFilter(f -> f NOT IN ('-', '/', '/dev/stdin'), arrayDistinct(arrayFlatten(groupArray(8)(t.source_files))))) AS files,
  min(t.time) AS window_from, max(t.time) + toIntervalSecond(60) AS window_to,
  max(t.confidence * if(t.sent >= 32768 OR NOT (SELECT is_watched FROM watched), 0.9, 0.2)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(t.tool)), ', '), ' uploads in the container',
    if(length(files) > 0, concat(' (', arrayStringConcat(arraySlice(files, 1, 3), ', '), ')'), ''), if(max(t.is_complete) = 0, ', seen only in a cut command line', '')) AS says,
  map('commands', toString(count()), 'tools', arrayStringConcat(groupUniqArray(5)(t.tool), ' '), 'evidence', argMax(t.evidence, t.confidence), 'confidence', toString(round(max(t.confidence), 2)),
    'bytes_out_within_10_minutes', toString(max(t.sent))) AS measured,
  arrayFilter(h -> h != '', groupUniqArray(20)(t.host)) AS destinations
FROM (
  SELECT c.entity_id AS entity_id, c.time AS time, c.confidence AS confidence, c.tool AS tool, c.source_files AS source_files, c.is_complete AS is_complete, c.evidence AS evidence, c.host AS host,
    sumIf(s.sent, s.at + 60 >= toUInt32(c.time) AND s.at <= toUInt32(c.time) + 600) AS sent
  FROM (
    SELECT * FROM command WHERE direction = 'upload' AND protocol IN ('http', 'https', 'object-storage', 'tcp', 'udp', 'unknown') AND NOT is_baseline
      AND confidence >= {tool_confidence_min:Float64}
      AND NOT (to_ip(host) IS NOT NULL AND dictGetOrDefault('zone_of', 'kind', ifNull(to_ip(host), toIPv6('::')), 'outside') != 'outside')
      AND host NOT IN ('localhost', 'host.docker.internal')
  ) AS c
  LEFT JOIN sent_by AS s ON s.entity_id = c.entity_id
  GROUP BY c.entity_id, c.time, c.confidence, c.tool, c.source_files, c.is_complete, c.evidence, c.host
) AS t
GROUP BY entity_id, toStartOfHour(t.time)
