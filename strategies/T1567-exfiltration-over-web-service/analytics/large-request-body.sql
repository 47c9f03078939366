-- what: Did HTTP requests of this entity carry large bodies to an outside host?
-- class: traffic
-- role: trigger
-- needs: http_activity, http_activity.request_body_bytes
-- parameters: body_floor_bytes
-- cost: 0.25
WITH hours AS (
  SELECT entity_id, peer, toStartOfHour(time) AS hour, min(r.time) AS first_time, max(r.time) AS last_time, max(r.is_baseline) AS is_baseline,
    sum(request_body_bytes) AS sent, max(request_body_bytes) AS largest, sum(response_body_bytes) AS received, count() AS requests, any(method) AS verb
  FROM http_request AS r WHERE entity_id != '' AND NOT is_peer_inside AND request_body_bytes > 0 AND method != 'CONNECT'
  GROUP BY entity_id, peer, hour
)
SELECT entity_id, window_from, window_to, likelihood, says, measured, destinations FROM (
  SELECT j.entity_id AS entity_id, any(j.first_time) AS window_from, any(j.last_time) + toIntervalSecond(1) AS window_to,
    countIf((h.is_baseline OR h.hour < j.hour) AND h.sent * 2 >= j.sent) AS like_it,
    (0.3 + 0.5 * log_ramp(any(j.sent), {body_floor_bytes:UInt64}, 16777216)) * if(like_it >= 3, 0.25, 1) AS likelihood,
    concat(formatReadableSize(any(j.sent)), ' in ', toString(any(j.requests)), ' ', any(j.verb), if(any(j.requests) = 1, ' request to ', ' requests to '), j.peer) AS says,
    map('request_body_bytes', toString(any(j.sent)), 'largest_body_bytes', toString(any(j.largest)), 'response_body_bytes', toString(any(j.received)), 'requests', toString(any(j.requests)), 'peer', j.peer) AS measured,
    [j.peer] AS destinations
  FROM (SELECT * FROM hours WHERE NOT is_baseline AND sent >= {body_floor_bytes:UInt64} AND sent > received ORDER BY sent DESC LIMIT 20 BY entity_id) AS j
  LEFT JOIN hours AS h ON h.entity_id = j.entity_id AND h.peer = j.peer
  GROUP BY j.entity_id, j.peer, j.hour
)
