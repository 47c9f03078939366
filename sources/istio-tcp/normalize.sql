-- Istio's access log, as text or JSON: a connection that was relayed unread.
WITH
  extractGroups(raw, '^\\[(\\S+)\\] "- - -" 0 (\\S+) \\S+ \\S+ "[^"]*" (\\d+) (\\d+) (\\d+) \\S+ "[^"]*" "[^"]*" "[^"]*" "[^"]*" "([^"]*)" (\\S+) (\\S+) (\\S+) (\\S+) (\\S+) \\S+$') AS parts,
  notEmpty(parts) AS is_text,
  if(is_text, parts[1], start_time) AS stamp,
  to_time(stamp) AS started,
  if(is_text, parts[2], ifNull(response_flags, '')) AS flags,
  if(is_text, parts[3], bytes_received) AS came,
  if(is_text, parts[4], bytes_sent) AS went,
  if(is_text, parts[5], duration) AS took,
  if(is_text, parts[6], ifNull(upstream_host, '')) AS server,
  if(is_text, parts[7], ifNull(upstream_cluster, '')) AS cluster,
  if(is_text, parts[8], ifNull(upstream_local_address, '')) AS own,
  if(is_text, parts[9], ifNull(downstream_local_address, '')) AS called,
  if(is_text, parts[10], ifNull(downstream_remote_address, '')) AS client,
  -- Between proxies of the mesh the name has the port and subset before it.
  replaceRegexpOne(if(is_text, parts[11], ifNull(requested_server_name, '')), '^outbound_[.][0-9]+_[.][^.]*_[.]|^-$', '') AS name,
  -- An inbound sidecar goes on to its own workload, by a loopback address.
  NOT match(cluster, '^(?i)inbound') AND to_ip(host_of(server)) IS NOT NULL AND to_ip(host_of(own)) IS NOT NULL
    AND ifNull(is_private_address(to_ip(host_of(called))), 0) AS is_relayed
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(started, toDateTime64(0, 6, 'UTC')) + toIntervalMillisecond(toUInt32OrZero(ifNull(took, ''))) AS end_time,
  ifNull(to_ip(host_of(client)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(client, ':([0-9]{1,5})$')), 0) AS src_endpoint_port,
  ifNull(to_ip(host_of(called)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(extract(called, ':([0-9]{1,5})$')), 0) AS dst_endpoint_port,
  if(is_relayed, ifNull(to_ip(host_of(own)), toIPv6('::')), src_endpoint_ip) AS translated_src_ip,
  if(is_relayed, ifNull(to_port(extract(own, ':([0-9]{1,5})$')), 0), src_endpoint_port) AS translated_src_port,
  if(is_relayed, ifNull(to_ip(host_of(server)), toIPv6('::')), dst_endpoint_ip) AS translated_dst_ip,
  if(is_relayed, ifNull(to_port(extract(server, ':([0-9]{1,5})$')), 0), dst_endpoint_port) AS translated_dst_port,
  'tcp' AS connection_info_protocol_name,
  ifNull(to_count(came), 0) AS traffic_bytes_out,
  ifNull(to_count(went), 0) AS traffic_bytes_in,
  1 AS has_bytes,
  'end' AS view,
  if(name = '', '', 'ssl') AS app_name,
  if(flags = '-', '', flags) AS connection_state,
  host_of(name) AS dst_endpoint_domain,
  line_number AS line,
  raw,
  multiIf(
    NOT is_text AND start_time IS NULL, if(isValidUTF8(raw), 'not a connection of Istio''s access log', 'not valid UTF-8'),
    started IS NULL, concat('no time: ', stamp),
    is_absurd_time(started), concat('time is out of range: ', stamp),
    to_ip(host_of(client)) IS NULL, concat('downstream_remote_address is no address: ', client),
    to_ip(host_of(called)) IS NULL, concat('downstream_local_address is no address: ', called),
    to_count(came) IS NULL, concat('bytes_received is no count: ', ifNull(came, 'missing')),
    to_count(went) IS NULL, concat('bytes_sent is no count: ', ifNull(went, 'missing')),
    '') AS reject
FROM {{input}} AS log
