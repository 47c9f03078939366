-- what: Did a command in the container push code, an image or a package?
-- class: process
-- role: trigger
-- needs: command
-- parameters: tool_confidence_min, push_floor_bytes
-- cost: 1
-- A push while nothing leaves counts little; where no network source looks, the command stands alone. Engines push with
-- connections of their own: there the engine's word for the push stands for the bytes.
WITH
  sent_by AS (
    SELECT entity_id, toUInt32(minute) AS at, peer, sum(e.bytes_out) AS sent FROM egress AS e
    WHERE role = 'initiator' AND NOT is_peer_inside AND (entity_id, peer) IN (SELECT entity_id, peer FROM code_destination) AND entity_id IN (SELECT entity_id FROM command) GROUP BY entity_id, at, peer
  ),
  engine_pushes AS (SELECT groupArray((toUInt32(time), resource_name)) AS told FROM api_activity WHERE resource_type = 'image' AND api_operation = 'push'),
  watched AS (SELECT count() > 0 AS is_watched FROM (SELECT 1 FROM egress LIMIT 1))
SELECT entity_id, min(t.time) AS window_from, max(t.time) + toIntervalSecond(60) AS window_to,
  max(t.confidence * if(t.sent >= {push_floor_bytes:UInt64} OR t.is_told OR NOT (SELECT is_watched FROM watched), 0.9, 0.2)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(t.tool)), ', '), ' pushes ', arrayStringConcat(arraySort(groupUniqArray(if(t.protocol = 'git', 'code', 'an image or package'))), ' and '), ' in the container',
    if(max(t.is_told), ', and the engine says that it pushed', ''), if(max(t.is_complete) = 0, ', seen only in a cut command line', '')) AS says,
  map('commands', toString(count()), 'tools', arrayStringConcat(groupUniqArray(5)(t.tool), ' '), 'evidence', argMax(t.evidence, t.confidence), 'confidence', toString(round(max(t.confidence), 2)),
    'bytes_out_within_10_minutes', toString(max(t.sent)), 'engine_pushed', toString(max(t.is_told))) AS measured,
  arrayFilter(h -> h != '', arrayDistinct(arrayConcat(groupUniqArray(20)(t.host), arrayFlatten(groupArray(20)(t.peers))))) AS destinations
FROM (
  SELECT c.entity_id AS entity_id, c.time AS time, c.confidence AS confidence, c.tool AS tool, c.protocol AS protocol, c.is_complete AS is_complete, c.evidence AS evidence, c.host AS host,
    sumIf(s.sent, s.at + 60 >= toUInt32(c.time) AND s.at <= toUInt32(c.time) + 600) AS sent,
    groupUniqArrayIf(10)(s.peer, s.at + 60 >= toUInt32(c.time) AND s.at <= toUInt32(c.time) + 600) AS peers,
    tool IN ('docker', 'podman', 'nerdctl') AND arrayExists(
      push -> push.1 + 1 >= toUInt32(time) AND push.1 <= toUInt32(time) + 600 AND (host = '' OR startsWith(push.2, host)), (SELECT told FROM engine_pushes)) AS is_told
  FROM (
    SELECT * FROM command WHERE direction = 'upload' AND protocol IN ('git', 'registry') AND NOT is_baseline AND confidence >= {tool_confidence_min:Float64}
      AND NOT (to_ip(host) IS NOT NULL AND dictGetOrDefault('zone_of', 'kind', ifNull(to_ip(host), toIPv6('::')), 'outside') != 'outside')
      AND host NOT IN ('localhost', 'host.docker.internal')
  ) AS c
  LEFT JOIN sent_by AS s ON s.entity_id = c.entity_id
  GROUP BY c.entity_id, c.time, c.confidence, c.tool, c.protocol, c.is_complete, c.evidence, c.host
) AS t
GROUP BY entity_id, toStartOfHour(t.time)
