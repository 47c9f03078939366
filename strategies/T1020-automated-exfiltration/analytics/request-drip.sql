-- what: Do many small connections to one outside host together send far more than they get, as data in URIs and cookies does?
-- class: traffic
-- role: trigger
-- needs: egress, egress.bytes_out
-- parameters: drip_requests_min, drip_request_bytes_max, drip_floor_bytes, beat_floor_bytes, beat_ratio_min, prevalence_max
-- cost: 0.25
-- On average a request is larger than one without content, and no larger than headers can be: what sends more has a body, which T1567 judges.
-- What is read counts against what is sent. A destination that got as much in three earlier hours is a habit, one that many use is infrastructure.
WITH
  fleet AS (SELECT uniqExact(entity_id) AS entities FROM egress_pair WHERE role = 'initiator'),
  judged AS (
    SELECT *, bytes_out - bytes_in AS kept FROM hour_judged
    WHERE role = 'initiator' AND NOT is_peer_inside AND is_web_or_unknown(app) AND is_answered AND NOT is_baseline
      AND connections >= {drip_requests_min:UInt32} AND bytes_out BETWEEN {beat_floor_bytes:UInt64} * connections AND {drip_request_bytes_max:UInt64} * connections
      AND bytes_out >= {beat_ratio_min:Float64} * bytes_in AND bytes_out >= bytes_in + {drip_floor_bytes:UInt64}
    ORDER BY kept DESC LIMIT 20 BY entity_id
  )
SELECT entity_id, window_from, window_to,
  (0.3 + 0.4 * log_ramp(net, {drip_floor_bytes:UInt64}, 64 * {drip_floor_bytes:UInt64})) * if(like_it >= 3, 0.25, 1) * if(callers <= greatest(1, {prevalence_max:Float64} * (SELECT entities FROM fleet)), 1, 0.5) AS likelihood,
  concat(toString(requests), ' connections to ', peer, ' sent ', formatReadableSize(net), ' more than they got') AS says,
  map('connections', toString(requests), 'bytes_out', toString(sent), 'bytes_in', toString(sent - net), 'peer', peer, 'port', toString(peer_port), 'callers', toString(callers), 'earlier_hours_like_it', toString(like_it)) AS measured,
  [peer] AS destinations
FROM (
  SELECT j.entity_id AS entity_id, j.peer AS peer, j.peer_port AS peer_port, toDateTime64(any(j.first_minute), 6, 'UTC') AS window_from, toDateTime64(any(j.last_minute) + 60, 6, 'UTC') AS window_to,
    any(j.bytes_out) AS sent, any(j.kept) AS net, any(j.connections) AS requests, uniqExact(h.entity_id) AS callers,
    countIf(h.entity_id = j.entity_id AND (h.is_baseline OR h.hour < j.hour) AND h.bytes_out * 2 >= j.bytes_out) AS like_it
  FROM (SELECT * FROM egress_hour WHERE role = 'initiator' AND peer IN (SELECT peer FROM judged)) AS h
  JOIN judged AS j ON h.peer = j.peer AND h.peer_port = j.peer_port
  GROUP BY j.entity_id, j.peer, j.peer_port, j.hour
)
