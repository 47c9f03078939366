-- what: Does this entity send much to a code host or registry outside, and more than it fetches?
-- class: traffic
-- role: trigger
-- needs: egress, egress.bytes_out
-- parameters: push_floor_bytes, push_ratio_min
-- cost: 0.25
-- Encryption hides neither who is called nor which way the bytes go: this is the form of a push over TLS and SSH. Three
-- earlier hours with at least half as much make it a habit.
WITH hours AS (
  SELECT e.entity_id AS entity_id, e.peer AS peer, e.hour AS hour, max(e.is_baseline) AS is_baseline, min(e.first_minute) AS first_minute, max(e.last_minute) AS last_minute,
    sum(e.bytes_out) AS sent, sum(e.bytes_in) AS received, any(e.app) AS app, any(d.kind) AS kind, any(d.how) AS how
  FROM (SELECT * FROM egress_hour WHERE (entity_id, peer) IN (SELECT entity_id, peer FROM code_destination)) AS e JOIN code_destination AS d ON d.entity_id = e.entity_id AND d.peer = e.peer
  WHERE e.role = 'initiator' AND NOT e.is_peer_inside GROUP BY e.entity_id, e.peer, e.hour
)
SELECT entity_id, window_from, window_to, likelihood, says, measured, destinations FROM (
  SELECT j.entity_id AS entity_id, toDateTime64(any(j.first_minute), 6, 'UTC') AS window_from, toDateTime64(any(j.last_minute) + 60, 6, 'UTC') AS window_to,
    countIf((h.is_baseline OR h.hour < j.hour) AND h.sent * 2 >= j.sent) AS like_it,
    (0.3 + 0.5 * log_ramp(any(j.sent), {push_floor_bytes:UInt64}, 67108864)) * if(like_it >= 3, 0.25, 1) AS likelihood,
    concat(formatReadableSize(any(j.sent)), ' to the ', replaceAll(any(j.kind), '-', ' '), ' ', j.peer, if(startsWith(any(j.app), 'ssh'), ' by SSH', ''), ', ', formatReadableSize(any(j.received)), ' back') AS says,
    map('bytes_out', toString(any(j.sent)), 'bytes_in', toString(any(j.received)), 'earlier_hours_like_it', toString(like_it), 'app', any(j.app), 'known_by', any(j.how), 'peer', j.peer) AS measured,
    [j.peer] AS destinations
  FROM (SELECT * FROM hours WHERE NOT is_baseline AND hour >= (SELECT minOrNull(hour) FROM hour_judged) AND sent >= {push_floor_bytes:UInt64} AND sent >= {push_ratio_min:Float64} * received) AS j
  LEFT JOIN hours AS h ON h.entity_id = j.entity_id AND h.peer = j.peer
  GROUP BY j.entity_id, j.peer, j.hour
)
