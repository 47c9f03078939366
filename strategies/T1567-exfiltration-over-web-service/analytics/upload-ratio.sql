-- what: Does this entity send far more to one outside destination than it gets back?
-- class: traffic
-- role: trigger
-- needs: egress, egress.bytes_out
-- parameters: upload_ratio_min, upload_ratio_floor_bytes, upload_ratio_full_bytes
-- cost: 0.5
-- A destination that always gets as much, three earlier hours or more, is a habit.
WITH judged AS (
  SELECT * FROM hour_judged
  WHERE role = 'initiator' AND NOT is_peer_inside AND is_web_or_unknown(app) AND is_answered AND NOT is_baseline
    AND bytes_out >= {upload_ratio_floor_bytes:UInt64} AND bytes_out >= {upload_ratio_min:Float64} * bytes_in
  ORDER BY bytes_out DESC LIMIT 20 BY entity_id
)
SELECT entity_id, window_from, window_to,
  (0.3 + 0.3 * log_ramp(sent / greatest(received, 1), {upload_ratio_min:Float64}, 100)) * (0.4 + 0.6 * log_ramp(sent, {upload_ratio_floor_bytes:UInt64}, {upload_ratio_full_bytes:UInt64})) * if(like_it >= 3, 0.25, 1) AS likelihood,
  concat(toString(round(sent / greatest(received, 1))), ' times more sent than received, ', formatReadableSize(sent), ' to ', peer) AS says,
  map('bytes_out', toString(sent), 'bytes_in', toString(received), 'peer', peer, 'port', toString(peer_port), 'earlier_hours_like_it', toString(like_it)) AS measured,
  [peer] AS destinations
FROM (
  SELECT j.entity_id AS entity_id, j.peer AS peer, j.peer_port AS peer_port, toDateTime64(any(j.first_minute), 6, 'UTC') AS window_from, toDateTime64(any(j.last_minute) + 60, 6, 'UTC') AS window_to,
    any(j.bytes_out) AS sent, any(j.bytes_in) AS received, countIf((h.is_baseline OR h.hour < j.hour) AND h.bytes_out * 2 >= j.bytes_out) AS like_it
  FROM (SELECT * FROM egress_hour WHERE role = 'initiator' AND (entity_id, peer) IN (SELECT entity_id, peer FROM judged)) AS h
  JOIN judged AS j ON h.entity_id = j.entity_id AND h.peer = j.peer AND h.peer_port = j.peer_port
  GROUP BY j.entity_id, j.peer, j.peer_port, j.hour
)
