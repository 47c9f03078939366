-- what: Is the destination on a threat-intelligence list the user gave, while its entry was valid?
-- class: destination
-- role: trigger
-- needs: egress, threat_indicator
-- parameters:
-- cost: 0.25
SELECT entity_id, toDateTime64(min(first_minute), 6, 'UTC') AS window_from, toDateTime64(max(last_minute) + 60, 6, 'UTC') AS window_to,
  0.8 AS likelihood,
  concat(peer, ' is on the list ', any(list)) AS says,
  map('peer', peer, 'indicator', any(indicator), 'list', any(list), 'bytes_out', toString(greatest(sumIf(sent, NOT is_url), sumIf(sent, is_url)))) AS measured,
  [peer] AS destinations
FROM (
  -- An hour of traffic counts once, however many entries name its destination.
  SELECT e.entity_id AS entity_id, e.peer AS peer, e.first_minute AS first_minute, e.last_minute AS last_minute, e.bytes_out AS sent,
    any(i.value) AS indicator, any(i.list) AS list, 0 AS is_url
  FROM (
    SELECT entity_id, role, peer, peer_port, app, hour, first_minute, last_minute, bytes_out,
      arrayJoin(arrayDistinct(arrayConcat(domain_suffixes(peer), [ip_text(peer_ip)], arrayMap(
        bits -> concat(ip_text(IPv6CIDRToRange(peer_ip, bits).1), '/', toString(bits - if(isIPv4String(ip_text(peer_ip)), 96, 0))),
        (SELECT groupUniqArray(toUInt8(toUInt8OrZero(splitByChar('/', value)[2]) + if(position(value, '.') > 0, 96, 0))) FROM threat_indicator WHERE kind = 'network'))))) AS value
    FROM hour_judged WHERE NOT is_peer_inside AND NOT is_baseline AND (SELECT count() FROM threat_indicator) > 0
  ) AS e
  JOIN threat_indicator AS i ON i.value = e.value
  WHERE i.kind != 'url' AND e.last_minute + 60 > i.valid_from AND e.first_minute <= i.valid_to
  GROUP BY e.entity_id, e.role, e.peer, e.peer_port, e.app, e.hour, e.first_minute, e.last_minute, e.bytes_out
  UNION ALL
  SELECT h.entity_id, h.peer, toStartOfMinute(h.time), toStartOfMinute(h.time), h.request_body_bytes, i.value, i.list, 1
  FROM http_request AS h JOIN threat_indicator AS i ON i.value = concat(lower(h.peer), h.url_path)
  WHERE i.kind = 'url' AND (SELECT count() FROM threat_indicator WHERE kind = 'url') > 0 AND h.entity_id != '' AND NOT h.is_peer_inside AND NOT h.is_baseline
    AND h.time >= i.valid_from AND h.time <= i.valid_to
)
GROUP BY entity_id, peer
