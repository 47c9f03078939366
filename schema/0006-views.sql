-- What an entity sent and received, connection by connection; role says who opened the connection. What an entity sends
-- as the answering side is its own role: data pulled out is seen, and servers stay quiet.
CREATE VIEW IF NOT EXISTS egress AS
SELECT entity_id, 'initiator' AS role, peer, dst_port AS peer_port, protocol, app, is_dst_inside AS is_peer_inside, toStartOfMinute(time) AS minute, dst_ip AS peer_ip,
  bytes_out, bytes_in, connections, bytes_in > 0 OR packets_in > 0 OR NOT has_bytes AS is_answered, is_baseline, end_time
FROM connection WHERE entity_id != ''
UNION ALL
SELECT dst_entity_id, 'responder', ip_text(src_ip), dst_port, protocol, app, is_src_inside, toStartOfMinute(time), src_ip,
  bytes_in, bytes_out, connections, bytes_out > 0 OR packets_out > 0 OR NOT has_bytes, is_baseline, end_time
FROM connection WHERE dst_entity_id != '';

-- What is judged: in a hunt all of it; while events come, the latest and what still grows (src/live/judged-store.ts). What is usual is
-- asked of the tables themselves, of those alone whom it concerns: they hold weeks and months.
CREATE VIEW IF NOT EXISTS contact_judged AS SELECT * FROM contact_minute;

CREATE VIEW IF NOT EXISTS hour_judged AS SELECT * FROM egress_hour;

CREATE VIEW IF NOT EXISTS window_judged AS SELECT * FROM egress_window;

CREATE VIEW IF NOT EXISTS inflow_judged AS SELECT * FROM inflow_hour;

CREATE VIEW IF NOT EXISTS connection_judged AS SELECT * FROM connection;

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

-- What code hosts and registries tell, with the workload that did it where its translated address and port lead to one. Else
-- the event is about the repository: the service knows the client's account, not its container. NAT may give one port to several
-- connections as long as they go to different servers, and the service rarely tells its own address: then nobody knows which it was.
CREATE VIEW IF NOT EXISTS repository_event AS
SELECT r.* EXCEPT (host_ip), arrayFilter(h -> h.1 <= r.time + 2 AND h.2 + 120 >= r.time AND (r.host_ip = toIPv6('::') OR h.4 = r.host_ip OR h.5 = r.host_ip), a.held) AS near,
  arrayFilter(h -> h.2 + 2 >= r.time, near) AS open_then,
  arrayDistinct(arrayMap(h -> h.3, if(notEmpty(open_then), open_then, near))) AS clients,
  if(length(clients) = 1, clients[1], r.src_endpoint_ip) AS client_ip,
  dictGet('holder_of', 'entity_id', client_ip, r.time) AS holder,
  multiIf(holder != '', holder, client_ip != toIPv6('::') AND dictGetOrDefault('zone_of', 'kind', client_ip, 'outside') != 'outside', concat('address:', ip_text(client_ip)),
    concat('repository:', r.host, if(r.host = '' OR r.repository = '', '', '/'), r.repository)) AS entity_id,
  r.load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_baseline
FROM (SELECT *, ifNull(to_ip(host), toIPv6('::')) AS host_ip FROM repository_activity) AS r
LEFT JOIN (
  SELECT seen_src_ip, seen_src_port, groupArray((valid_from, valid_to, src_ip, dst_ip, seen_dst_ip)) AS held FROM nat_alias
  WHERE seen_src_ip != src_ip AND (seen_src_ip, seen_src_port) IN (SELECT src_endpoint_ip, src_endpoint_port FROM repository_activity WHERE src_endpoint_port > 0)
  GROUP BY seen_src_ip, seen_src_port
) AS a ON r.src_endpoint_ip = a.seen_src_ip AND r.src_endpoint_port = a.seen_src_port;

-- Connections in which the other side said something: payload after the handshake, or a datagram.
CREATE VIEW IF NOT EXISTS answered AS
SELECT entity_id, dst_ip AS target, protocol, time, is_baseline FROM connection
WHERE entity_id != '' AND (protocol = 'tcp' AND bytes_in > 52 * packets_in + 64 OR protocol = 'udp' AND bytes_in > 0);

-- Commands somebody started in a running container. What an engine repeats at even intervals is its health check, and nobody's entry.
CREATE VIEW IF NOT EXISTS container_exec AS
WITH
  execs AS (
    SELECT time, container_uid, container_name, resource_type, resource_name, namespace, is_interactive, actor_user_name, cmd_line
    FROM api_activity WHERE (api_operation IN ('exec_create', 'exec') OR subresource = 'exec') AND load_id NOT IN (SELECT load_id FROM load WHERE is_baseline)
  ),
  checks AS (
    SELECT container_uid, cmd_line, array_gaps(arraySort(groupUniqArray(toFloat64(time)))) AS gaps, arrayReduce('quantileExactInclusive(0.5)', gaps) AS gap
    FROM execs WHERE NOT is_interactive AND container_uid != '' AND cmd_line != '' GROUP BY container_uid, cmd_line
    HAVING length(gaps) >= 3 AND gap >= 1 AND array_mad(gaps) * 10 <= gap
  )
SELECT multiIf(c.entity_id != '', c.entity_id, a.resource_type = 'pods', concat('workload:', a.namespace, '/', a.resource_name), concat('workload:', a.container_name)) AS entity_id,
  a.time AS time, a.is_interactive AS is_interactive, a.actor_user_name AS actor
FROM execs AS a LEFT ANY JOIN container AS c ON c.short_uid = substring(a.container_uid, 1, 12)
WHERE (a.container_uid, a.cmd_line) NOT IN (SELECT container_uid, cmd_line FROM checks);
