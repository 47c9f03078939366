-- what: Does this entity send one server far more HTTP requests a minute than a client does?
-- class: traffic
-- role: trigger
-- needs: http_activity
-- parameters: request_ceiling, rate_ratio_min, usual_days_min
-- cost: 0.25
-- Connections that are kept open hide the requests in them; only an HTTP log counts them. Paths all alike, or made up at random, are what tools ask.
WITH minutes AS (
  SELECT entity_id, peer, toStartOfMinute(r.time) AS minute, min(r.time) AS first_time, max(r.time) AS last_time, count() AS requests, uniqExact(cutQueryString(url_path)) AS paths, uniqExact(url_path) AS urls, topK(1)(user_agent)[1] AS agent, countIf(http_status >= 500 OR http_status = 429) AS refused, max(r.is_baseline) AS is_old
  FROM http_request AS r WHERE entity_id != '' GROUP BY entity_id, peer, minute HAVING requests * 5 >= {request_ceiling:UInt32}
)
SELECT j.entity_id AS entity_id, any(j.first_time) AS window_from, any(j.last_time) + toIntervalSecond(1) AS window_to, any(j.requests) AS asked,
  maxIf(h.requests, h.is_old OR toDate(h.minute) < toDate(j.minute)) AS usual, uniqExactIf(toStartOfHour(h.minute), h.is_old) + uniqExactIf(toDate(h.minute), NOT h.is_old AND toDate(h.minute) < toDate(j.minute)) AS earlier,
  any(j.paths) = 1 OR any(j.urls) * 10 > asked * 9 AND any(j.paths) * 10 <= any(j.urls) AS is_uniform,
  if(earlier >= {usual_days_min:UInt32}, if(asked < {rate_ratio_min:Float64} * usual, 0, 0.3 + 0.5 * log_ramp(asked / usual, {rate_ratio_min:Float64}, 10 * {rate_ratio_min:Float64})),
    if(asked < {request_ceiling:UInt32}, 0, 0.25 + 0.4 * log_ramp(asked, {request_ceiling:UInt32}, 10 * {request_ceiling:UInt32}) + 0.15 * is_uniform + 0.1 * (any(j.refused) * 2 > asked))) AS likelihood,
  concat(toString(asked), ' HTTP requests in a minute to ', j.peer, if(any(j.paths) = 1, ', all for one path', ''), if(earlier >= {usual_days_min:UInt32}, concat(', ', toString(round(asked / usual, 1)), ' times its usual peak'), ', no history to compare')) AS says,
  map('requests', toString(asked), 'paths', toString(any(j.paths)), 'urls', toString(any(j.urls)), 'user_agent', substring(any(j.agent), 1, 80), 'refused', toString(any(j.refused)), 'usual_peak', toString(usual), 'peer', j.peer) AS measured,
  [j.peer] AS destinations
FROM (SELECT * FROM minutes WHERE NOT is_old ORDER BY requests DESC LIMIT 20 BY entity_id, peer) AS j JOIN minutes AS h ON h.entity_id = j.entity_id AND h.peer = j.peer
GROUP BY j.entity_id, j.peer, j.minute
