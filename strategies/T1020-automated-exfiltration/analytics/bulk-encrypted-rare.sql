-- what: Does much encrypted data go to a destination that few or none of the others use?
-- class: traffic
-- role: context
-- needs: egress, egress.bytes_out
-- parameters: bulk_floor_bytes, prevalence_max
-- cost: 0.25
WITH
  fleet AS (SELECT uniqExact(entity_id) AS entities FROM egress_pair WHERE role = 'initiator'),
  callers AS (SELECT peer, uniqExact(entity_id) AS n FROM egress_pair WHERE role = 'initiator' AND NOT is_peer_inside GROUP BY peer)
SELECT h.entity_id AS entity_id, toDateTime64(h.first_minute, 6, 'UTC') AS window_from, toDateTime64(h.last_minute + 60, 6, 'UTC') AS window_to,
  0.3 + 0.4 * log_ramp(h.bytes_out, {bulk_floor_bytes:UInt64}, 1073741824) AS likelihood,
  concat(formatReadableSize(h.bytes_out), ' encrypted to ', h.peer, ', which ', toString(c.n), ' of ', toString((SELECT entities FROM fleet)), ' entities use') AS says,
  map('bytes_out', toString(h.bytes_out), 'bytes_in', toString(h.bytes_in), 'peer', h.peer, 'callers', toString(c.n)) AS measured,
  [h.peer] AS destinations
FROM hour_judged AS h JOIN callers AS c ON c.peer = h.peer
WHERE h.role = 'initiator' AND NOT h.is_peer_inside AND h.app IN ('ssl', 'quic', 'ssh', 'ssh-git', 'ftps', 'ftps-data') AND NOT h.is_baseline AND h.bytes_out >= {bulk_floor_bytes:UInt64} AND h.bytes_out > 2 * h.bytes_in AND c.n <= greatest(1, {prevalence_max:Float64} * (SELECT entities FROM fleet))
