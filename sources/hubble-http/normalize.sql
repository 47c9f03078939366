-- Cilium Hubble, l7.http of type REQUEST: one request as the proxy saw it.
WITH
  ifNull(flow, raw) AS event,
  JSONExtract(event, 'Tuple(verdict Nullable(String), node_name Nullable(String), time Nullable(String), IP Tuple(source Nullable(String), destination Nullable(String)))') AS f,
  JSONExtract(event, 'l4', 'TCP', 'Tuple(source_port Nullable(String), destination_port Nullable(String))') AS ports,
  JSONExtract(event, 'l7', 'http', 'Tuple(method Nullable(String), url Nullable(String), headers Array(Tuple(key String, value String)))') AS h,
  coalesce(f.time, outer_time) AS time_text,
  if(startsWith(ifNull(time_text, ''), '{'),
    if(JSONExtractUInt(time_text, 'seconds') BETWEEN 1 AND 7258118400, fromUnixTimestamp64Micro(toInt64(JSONExtractUInt(time_text, 'seconds') * 1000000 + intDiv(least(JSONExtractUInt(time_text, 'nanos'), 999999999), 1000)), 'UTC'), NULL),
    to_time(time_text)) AS happened,
  mapFromArrays(arrayMap(one -> lower(one.key), h.headers), arrayMap(one -> one.value, h.headers)) AS asked,
  ifNull(h.url, '') AS target,
  match(target, '^[A-Za-z][A-Za-z0-9+.-]*://') AS is_absolute,
  to_count(asked['content-length']) AS declared,
  ifNull(f.verdict, '') IN ('DROPPED', '2') AS is_denied
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(f.IP.source), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(ports.source_port), 0) AS src_endpoint_port,
  ifNull(to_ip(f.IP.destination), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(ports.destination_port), 0) AS dst_endpoint_port,
  upper(ifNull(h.method, '')) AS http_request_method,
  -- The proxy writes each URL with its host: absolute does not mean that the client took the server for a proxy.
  host_of(if(is_absolute, extract(target, '^[^:]+://(?:[^/?#]*@)?([^/?#]*)'), if(asked[':authority'] != '', asked[':authority'], asked['host']))) AS url_hostname,
  mask_credentials(if(is_absolute, extract(target, '^[^:]+://[^/?#]*(.*)$'), target)) AS url_path,
  mask_credentials(asked['user-agent']) AS user_agent,
  -- The client's word. Nobody sends a pebibyte in one request.
  if(NOT is_denied AND ifNull(declared < 1125899906842624, 0), ifNull(declared, 0), 0) AS request_body_bytes,
  if(is_denied, 403, 0) AS http_status,
  lower(trim(splitByChar(';', asked['content-type'])[1])) AS request_mime,
  asked['x-request-id'] AS session_uid,
  coalesce(f.node_name, outer_node, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    NOT isValidUTF8(raw), 'not valid UTF-8',
    NOT JSONHas(event, 'l7', 'http'), 'not a flow of HTTP: no l7.http',
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(time_text, '')),
    to_ip(f.IP.source) IS NULL, concat('IP.source is no address: ', ifNull(f.IP.source, 'missing')),
    to_ip(f.IP.destination) IS NULL, concat('IP.destination is no address: ', ifNull(f.IP.destination, 'missing')),
    to_port(ports.source_port) IS NULL, concat('source_port is no port: ', ifNull(ports.source_port, 'missing')),
    to_port(ports.destination_port) IS NULL, concat('destination_port is no port: ', ifNull(ports.destination_port, 'missing')),
    h.url IS NULL AND h.method IS NULL, 'neither a method nor a URL',
    '') AS reject
FROM (SELECT line_number, raw, flow, node_name AS outer_node, time AS outer_time FROM {{input}})
