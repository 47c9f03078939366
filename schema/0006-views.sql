-- What an entity sent and received, connection by connection; role says who opened the connection. What an entity sends
-- as the answering side is its own role: data pulled out is seen, and servers stay quiet.
CREATE VIEW IF NOT EXISTS egress AS
SELECT entity_id, 'initiator' AS role, peer, dst_port AS peer_port, protocol, app, is_dst_inside AS is_peer_inside, toStartOfMinute(time) AS minute, dst_ip AS peer_ip,
  bytes_out, bytes_in, connections, bytes_in > 0 OR packets_in > 0 OR NOT has_bytes AS is_answered, is_baseline
FROM connection WHERE entity_id != ''
UNION ALL
SELECT dst_entity_id, 'responder', ip_text(src_ip), dst_port, protocol, app, is_src_inside, toStartOfMinute(time), src_ip,
  bytes_in, bytes_out, connections, bytes_out > 0 OR packets_out > 0 OR NOT has_bytes, is_baseline
FROM connection WHERE dst_entity_id != '';

-- HTTP requests with the entity that made them, attributed as connections are.
CREATE VIEW IF NOT EXISTS http_request AS
SELECT time, dictGet('holder_of', 'entity_id', src_endpoint_ip, time) AS holder,
  multiIf(holder != '', holder, dictGetOrDefault('zone_of', 'kind', src_endpoint_ip, 'outside') = 'outside', '', concat('address:', ip_text(src_endpoint_ip))) AS entity_id,
  if(url_hostname != '', url_hostname, ip_text(dst_endpoint_ip)) AS peer,
  if(is_proxied, 0, dictGetOrDefault('zone_of', 'kind', dst_endpoint_ip, 'outside') != 'outside') AS is_peer_inside,
  src_endpoint_ip AS src_ip, dst_endpoint_ip AS dst_ip, dst_endpoint_port AS dst_port, http_request_method AS method, url_path, user_agent,
  request_body_bytes, response_body_bytes, http_status, is_proxied, source, file, line,
  load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_baseline
FROM http_activity;

-- Mounts of containers. `volume` is what several containers of a node share: a volume's name, a claim's, else the folder of the host.
CREATE VIEW IF NOT EXISTS volume_mount AS
SELECT DISTINCT concat('workload:', workload) AS entity_id, substring(container_uid, 1, 12) AS short_uid, node, parts[1] AS kind, parts[2] AS source, parts[3] AS destination,
  coalesce(nullIf(extract(source, '/volumes/([^/]+)/_data$'), ''), nullIf(extract(source, '/volumes/kubernetes[.]io~[^/]+/(pvc-[^/]+)'), ''), source) AS volume
FROM (SELECT workload, container_uid, node, extractGroups(arrayJoin(mounts), '^([a-z]*):(.*):([^:]*)$') AS parts FROM container_inventory)
WHERE volume != '';
