-- what: Is the destination on a threat-intelligence list the user gave?
-- class: destination
-- role: trigger
-- needs: egress, threat_indicator
-- parameters:
SELECT e.entity_id AS entity_id, toDateTime64(min(e.first_minute), 6, 'UTC') AS window_from, toDateTime64(max(e.last_minute) + 60, 6, 'UTC') AS window_to,
  0.8 AS likelihood,
  concat(e.peer, ' is on the list ', any(i.list)) AS says,
  map('peer', e.peer, 'indicator', any(i.value), 'list', any(i.list), 'bytes_out', toString(sum(e.bytes_out))) AS measured,
  [e.peer] AS destinations
FROM (SELECT *, arrayJoin(arrayDistinct(arrayPushBack(domain_suffixes(peer), ip_text(peer_ip)))) AS value FROM egress_hour WHERE NOT is_peer_inside AND NOT is_baseline AND (SELECT count() FROM threat_indicator) > 0) AS e
JOIN threat_indicator AS i ON i.value = e.value
WHERE e.hour >= i.valid_from AND e.hour <= i.valid_to
GROUP BY e.entity_id, e.peer
