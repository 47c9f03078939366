-- what: Does this entity upload by FTP, FTPS, SFTP or SCP to an outside host, beyond its usual volume there?
-- class: traffic
-- role: trigger
-- needs: egress, egress.bytes_out
-- parameters: ftp_floor_bytes
-- cost: 0.25
-- In active mode the server opens the data connection, so both roles count.
WITH hours AS (
  SELECT entity_id, peer_ip, hour, max(e.is_baseline) AS is_baseline, min(first_minute) AS first_minute, max(last_minute) AS last_minute,
    sum(e.bytes_out) AS sent, sum(e.bytes_in) AS received, any(app) AS protocol_seen, any(peer) AS name
  FROM egress_hour AS e WHERE NOT is_peer_inside AND app IN ('ftp-data', 'ftps-data', 'ftps', 'ssh', 'ssh-git')
    AND (entity_id, peer_ip) IN (SELECT entity_id, peer_ip FROM hour_judged WHERE app IN ('ftp-data', 'ftps-data', 'ftps', 'ssh', 'ssh-git')) GROUP BY entity_id, peer_ip, hour
)
SELECT entity_id, window_from, window_to, likelihood, says, measured, destinations FROM (
  SELECT j.entity_id AS entity_id, toDateTime64(any(j.first_minute), 6, 'UTC') AS window_from, toDateTime64(any(j.last_minute) + 60, 6, 'UTC') AS window_to, any(j.sent) AS sent_now,
    arraySort(groupArrayIf(h.sent, (h.is_baseline OR h.hour < j.hour) AND h.sent >= {ftp_floor_bytes:UInt64})) AS earlier,
    if(length(earlier) >= 3, arrayReduce('quantileExactInclusive(0.5)', earlier), 0) AS usual,
    -- A backup in its usual volume is quiet; twice the usual is not usual.
    if(usual > 0, if(sent_now <= 2 * usual, 0.05, 0.2 + 0.7 * log_ramp(sent_now / usual, 2, 20)), 0.3 + 0.6 * log_ramp(sent_now, {ftp_floor_bytes:UInt64}, 67108864)) AS likelihood,
    concat(formatReadableSize(sent_now), ' out by ', multiIf(startsWith(any(j.protocol_seen), 'ssh'), 'SSH file transfer', 'FTP'), ' to ', any(j.name), if(usual > 0, concat(', usually ', formatReadableSize(usual)), '')) AS says,
    map('bytes_out', toString(sent_now), 'bytes_in', toString(any(j.received)), 'usual_bytes', toString(round(usual)), 'earlier_hours', toString(length(earlier)), 'protocol', any(j.protocol_seen)) AS measured,
    groupUniqArray(5)(j.name) AS destinations
  FROM (SELECT * FROM hours WHERE NOT is_baseline AND hour >= (SELECT minOrNull(hour) FROM hour_judged) AND sent >= {ftp_floor_bytes:UInt64} * if(startsWith(protocol_seen, 'ssh'), 16, 1) AND sent > 3 * received) AS j
  LEFT JOIN hours AS h ON h.entity_id = j.entity_id AND h.peer_ip = j.peer_ip
  GROUP BY j.entity_id, j.peer_ip, j.hour
) WHERE likelihood >= 0.05
