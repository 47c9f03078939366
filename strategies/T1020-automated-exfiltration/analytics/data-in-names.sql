-- what: Does this entity ask for so many different long names below one domain that the names themselves carry data?
-- class: traffic
-- role: trigger
-- needs: dns_activity
-- parameters: names_floor_bytes, name_part_bytes_min
-- cost: 0.25
-- Only what stands before the registered domain counts, and each name once: repeated lookups carry nothing new.
SELECT entity_id, min(n.first_seen) AS window_from, max(n.last_seen) + toIntervalSecond(1) AS window_to,
  0.4 + 0.5 * log_ramp(sum(n.carried), {names_floor_bytes:UInt64}, 8 * {names_floor_bytes:UInt64}) AS likelihood,
  concat(toString(count()), ' different names below ', n.domain, ' were asked for, ', toString(round(avg(n.carried))), ' characters each') AS says,
  map('names', toString(count()), 'characters', toString(sum(n.carried)), 'domain', n.domain) AS measured,
  [n.domain] AS destinations
FROM (
  SELECT dictGet('holder_of', 'entity_id', src_endpoint_ip, d.time) AS holder, cutToFirstSignificantSubdomain(query_hostname) AS domain,
    multiIf(holder != '', holder, dictGetOrDefault('zone_of', 'kind', src_endpoint_ip, 'outside') = 'outside', '', concat('address:', ip_text(src_endpoint_ip))) AS entity_id,
    toStartOfHour(d.time) AS hour, min(d.time) AS first_seen, max(d.time) AS last_seen, length(query_hostname) - length(domain) AS carried
  FROM dns_activity AS d
  WHERE length(query_hostname) >= {name_part_bytes_min:UInt32} AND NOT endsWith(query_hostname, '.arpa') AND NOT (load_id IN (SELECT load_id FROM load WHERE is_baseline))
  GROUP BY entity_id, holder, domain, hour, query_hostname
  HAVING entity_id != '' AND domain != '' AND carried >= {name_part_bytes_min:UInt32}
) AS n
GROUP BY n.entity_id, n.domain, n.hour
HAVING sum(n.carried) >= {names_floor_bytes:UInt64}
ORDER BY sum(n.carried) DESC LIMIT 5 BY entity_id
