-- what: Is there a long-lived encrypted connection that mostly sends?
-- class: traffic
-- role: trigger
-- needs: connection, connection.bytes_out
-- parameters: tunnel_min_seconds, tunnel_floor_bytes
-- cost: 0.5
SELECT entity_id, c.time AS window_from, c.end_time AS window_to,
  0.4 + 0.4 * log_ramp(c.bytes_out, {tunnel_floor_bytes:UInt64}, 1073741824) AS likelihood,
  concat('one connection to ', peer, ' held for ', toString(intDiv(dateDiff('second', c.time, c.end_time), 60)), ' min sent ', formatReadableSize(c.bytes_out)) AS says,
  map('bytes_out', toString(c.bytes_out), 'bytes_in', toString(c.bytes_in), 'duration_seconds', toString(dateDiff('second', c.time, c.end_time)), 'peer', peer, 'app', app) AS measured,
  [peer] AS destinations
FROM connection_judged AS c
WHERE entity_id != '' AND NOT is_dst_inside AND NOT is_baseline AND app IN ('ssl', 'ssh', 'ssh-git', 'quic', '') AND c.bytes_out >= {tunnel_floor_bytes:UInt64} AND c.bytes_out > 2 * c.bytes_in
  AND dateDiff('second', c.time, c.end_time) >= {tunnel_min_seconds:UInt32}
ORDER BY c.bytes_out DESC LIMIT 5 BY entity_id
