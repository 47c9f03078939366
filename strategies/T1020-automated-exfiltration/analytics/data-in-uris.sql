-- what: Do GET requests to one outside host carry data in ever different, long URIs?
-- class: traffic
-- role: trigger
-- needs: http_activity
-- parameters: uris_floor_bytes, uri_bytes_min
-- cost: 0.25
-- One connection may hold them all, so that they are counted as requests; each URI counts once.
SELECT entity_id, min(r.time) AS window_from, max(r.time) + toIntervalSecond(1) AS window_to,
  0.4 + 0.4 * log_ramp(sum(length(url_path)), {uris_floor_bytes:UInt64}, 64 * {uris_floor_bytes:UInt64}) AS likelihood,
  concat(toString(count()), ' GET requests with ', formatReadableSize(sum(length(url_path))), ' of URIs to ', peer) AS says,
  map('requests', toString(count()), 'uri_bytes', toString(sum(length(url_path))), 'response_body_bytes', toString(sum(response_body_bytes)), 'peer', peer) AS measured,
  [peer] AS destinations
FROM (SELECT entity_id, peer, url_path, min(q.time) AS time, min(q.response_body_bytes) AS response_body_bytes FROM http_request AS q
  WHERE entity_id != '' AND NOT is_peer_inside AND NOT is_baseline AND method IN ('GET', 'HEAD', 'OPTIONS') AND length(url_path) >= {uri_bytes_min:UInt32}
  GROUP BY entity_id, peer, url_path) AS r
GROUP BY entity_id, peer, toStartOfHour(r.time)
HAVING sum(length(url_path)) >= {uris_floor_bytes:UInt64} AND sum(length(url_path)) > sum(response_body_bytes)
