-- what: Does this entity send PUT or POST bodies again and again to one outside host, as IcedID does?
-- class: traffic
-- role: trigger
-- needs: http_activity, http_activity.request_body_bytes
-- parameters: repeats_min, repeat_floor_bytes
-- cost: 0.25
SELECT entity_id, min(r.time) AS window_from, max(r.time) + toIntervalSecond(1) AS window_to,
  least(0.8, 0.3 + 0.2 * log_ramp(count(), {repeats_min:UInt32}, 64) + 0.3 * log_ramp(sum(request_body_bytes), {repeat_floor_bytes:UInt64} * {repeats_min:UInt32}, 16777216)) * if(uniqExact(url_path) = 1 AND count() > 32 AND quantile(0.5)(request_body_bytes) < 4 * {repeat_floor_bytes:UInt64}, 0.5, 1) AS likelihood,
  concat(toString(count()), ' ', any(method), ' requests with bodies of ', formatReadableSize(quantile(0.5)(request_body_bytes)), ' to ', peer) AS says,
  map('requests', toString(count()), 'request_body_bytes', toString(sum(request_body_bytes)), 'response_body_bytes', toString(sum(response_body_bytes)), 'median_body_bytes', toString(round(quantile(0.5)(request_body_bytes))), 'paths', toString(uniqExact(url_path)), 'peer', peer) AS measured,
  [peer] AS destinations
FROM http_request AS r
WHERE entity_id != '' AND NOT is_peer_inside AND NOT is_baseline AND method IN ('PUT', 'POST', 'PATCH') AND request_body_bytes >= {repeat_floor_bytes:UInt64}
GROUP BY entity_id, peer, toStartOfDay(r.time)
HAVING count() >= {repeats_min:UInt32} AND sum(request_body_bytes) > 2 * sum(response_body_bytes)
