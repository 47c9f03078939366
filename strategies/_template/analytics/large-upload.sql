-- what: Does this entity send much more to one destination outside than it receives from there?
-- class: traffic
-- role: trigger
-- needs: egress, egress.bytes_out
-- parameters: upload_floor_bytes
-- cost: 1
SELECT entity_id, toDateTime64(min(minute), 6, 'UTC') AS window_from, toDateTime64(max(minute) + 60, 6, 'UTC') AS window_to,
  0.2 + 0.7 * log_ramp(sum(e.bytes_out), {upload_floor_bytes:UInt64}, 64 * {upload_floor_bytes:UInt64}) AS likelihood,
  concat(formatReadableSize(sum(e.bytes_out)), ' out to ', peer) AS says,
  map('peer', peer, 'bytes_out', toString(sum(e.bytes_out)), 'bytes_in', toString(sum(e.bytes_in))) AS measured,
  [peer] AS destinations
FROM egress AS e WHERE role = 'initiator' AND NOT is_peer_inside AND NOT is_baseline
GROUP BY entity_id, peer
HAVING sum(e.bytes_out) >= {upload_floor_bytes:UInt64} AND sum(e.bytes_out) > sum(e.bytes_in)
