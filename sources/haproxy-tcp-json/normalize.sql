-- HAProxy in mode tcp: one JSON object a connection, with the tuple of each side.
WITH
  to_time(log.time) AS started,
  to_ip(backend_ip) AS behind,
  behind IS NOT NULL AND to_ip(from_ip) IS NOT NULL AS is_relayed
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(started, toDateTime64(0, 6, 'UTC')) + toIntervalMillisecond(toUInt32OrZero(ifNull(took_ms, ''))) AS end_time,
  ifNull(to_ip(client_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(client_port), 0) AS src_endpoint_port,
  ifNull(to_ip(server_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(server_port), 0) AS dst_endpoint_port,
  if(is_relayed, ifNull(to_ip(from_ip), toIPv6('::')), src_endpoint_ip) AS translated_src_ip,
  if(is_relayed, ifNull(to_port(from_port), 0), src_endpoint_port) AS translated_src_port,
  if(is_relayed, ifNull(behind, toIPv6('::')), dst_endpoint_ip) AS translated_dst_ip,
  if(is_relayed, ifNull(to_port(backend_port), 0), dst_endpoint_port) AS translated_dst_port,
  'tcp' AS connection_info_protocol_name,
  ifNull(to_count(request_bytes), 0) AS traffic_bytes_out,
  ifNull(to_count(response_bytes), 0) AS traffic_bytes_in,
  1 AS has_bytes,
  'end' AS view,
  if(name = '-' OR ifNull(name, '') = '', '', 'ssl') AS app_name,
  ifNull(state, '') AS connection_state,
  if(name = '-', '', host_of(ifNull(name, ''))) AS dst_endpoint_domain,
  line_number AS line,
  raw,
  multiIf(
    client_ip IS NULL, if(isValidUTF8(raw), 'no JSON of a connection, or no client_ip', 'not valid UTF-8'),
    started IS NULL, concat('time is no time: ', ifNull(log.time, 'missing')),
    is_absurd_time(started), concat('time is out of range: ', log.time),
    to_ip(client_ip) IS NULL, concat('client_ip is no address: ', client_ip),
    to_port(client_port) IS NULL, concat('client_port is no port: ', ifNull(client_port, 'missing')),
    to_ip(server_ip) IS NULL, concat('server_ip is no address: ', ifNull(server_ip, 'missing')),
    to_port(server_port) IS NULL, concat('server_port is no port: ', ifNull(server_port, 'missing')),
    to_count(request_bytes) IS NULL, concat('request_bytes is no count: ', ifNull(request_bytes, 'missing')),
    to_count(response_bytes) IS NULL, concat('response_bytes is no count: ', ifNull(response_bytes, 'missing')),
    '') AS reject
FROM {{input}} AS log
