-- what: Do ping or DNS packets of this entity carry more than pings and questions do?
-- class: traffic
-- role: trigger
-- needs: connection, connection.bytes_out
-- parameters: carrier_floor_bytes, carrier_packet_bytes_min
-- cost: 0.5
-- Both ways of these protocols are of one size, so that no ratio tells an upload: the size of a packet does, with the volume.
-- A resolver inside counts, too: it hands the questions on.
SELECT entity_id, min(c.time) AS window_from, max(c.end_time) AS window_to,
  0.4 + 0.5 * log_ramp(sum(c.bytes_out), {carrier_floor_bytes:UInt64}, 16 * {carrier_floor_bytes:UInt64}) AS likelihood,
  concat(formatReadableSize(sum(c.bytes_out)), if(carrier = 'dns', ' out in DNS questions', ' out in pings'), ' of ', toString(round(sum(c.bytes_out) / sum(c.packets_out))), ' bytes each to ', c.peer) AS says,
  map('bytes_out', toString(sum(c.bytes_out)), 'packets_out', toString(sum(c.packets_out)), 'bytes_per_packet', toString(round(sum(c.bytes_out) / sum(c.packets_out), 1)), 'carrier', carrier, 'peer', c.peer) AS measured,
  [c.peer] AS destinations
FROM (SELECT *, if(app = 'dns', 'dns', 'icmp') AS carrier FROM connection_judged WHERE (app = 'dns' OR protocol LIKE 'icmp%') AND entity_id != '' AND NOT is_baseline AND packets_out > 0 AND (app = 'dns' OR NOT is_dst_inside)) AS c
GROUP BY c.entity_id, c.peer, carrier, toStartOfHour(c.time)
HAVING sum(c.bytes_out) >= {carrier_floor_bytes:UInt64} AND sum(c.bytes_out) >= {carrier_packet_bytes_min:UInt32} * sum(c.packets_out)
ORDER BY sum(c.bytes_out) DESC LIMIT 5 BY entity_id
