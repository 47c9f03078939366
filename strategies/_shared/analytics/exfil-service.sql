-- what: Is the destination a service that is commonly used for exfiltration: paste, file sharing, webhook, tunnel, object storage?
-- class: destination
-- role: context
-- needs: egress
-- parameters: novelty_floor_bytes
-- cost: 0.25
SELECT e.entity_id AS entity_id, toDateTime64(min(e.first_minute), 6, 'UTC') AS window_from, toDateTime64(max(e.last_minute) + 60, 6, 'UTC') AS window_to,
  multiIf(any(s.kind) IN ('paste', 'webhook', 'tunnel'), 0.55, any(s.kind) = 'file-sharing', 0.5, 0.3) AS likelihood,
  concat(e.peer, ' is a ', any(s.kind), ' service') AS says,
  map('peer', e.peer, 'kind', any(s.kind), 'list', any(s.list), 'bytes_out', toString(sum(e.bytes_out))) AS measured,
  [e.peer] AS destinations
FROM (SELECT *, arrayJoin(domain_suffixes(peer)) AS suffix FROM hour_judged WHERE role = 'initiator' AND NOT is_peer_inside AND NOT is_baseline AND position(peer, '.') > 0) AS e
JOIN (SELECT * FROM service WHERE list = 'exfil-services') AS s ON s.domain = e.suffix
GROUP BY e.entity_id, e.peer
HAVING sum(e.bytes_out) >= {novelty_floor_bytes:UInt64} AND sum(e.bytes_out) > sum(e.bytes_in)
