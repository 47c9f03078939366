-- The access log that source.md asks for: one JSON object a request. Apache writes bytes that are no ASCII as \xHH, which JSON does not know.
WITH
  replaceRegexpAll(replaceAll(toValidUTF8(raw), '\\v', '\\u000b'), '\\\\x([0-9A-Fa-f]{2})', '\\\\u00\\1') AS record,
  JSONExtract(record, 'Tuple(time Nullable(String), took Nullable(String), client_ip Nullable(String), client_port Nullable(String), server_ip Nullable(String),
    server_port Nullable(String), method Nullable(String), host Nullable(String), uri Nullable(String), status Nullable(String), request_bytes Nullable(String),
    header_bytes Nullable(String), content_length Nullable(String), response_bytes Nullable(String), user_agent Nullable(String))') AS r,
  to_time(r.time) - toIntervalMicrosecond(toUInt64(1e6 * if(match(ifNull(r.took, ''), '^[0-9]{1,6}(?:[.][0-9]{1,6})?$'), toFloat64OrZero(ifNull(r.took, '')), 0))) AS happened,
  if(match(ifNull(r.method, ''), '^[A-Za-z][A-Za-z-]*$'), ifNull(r.method, ''), '') AS verb,
  if(r.uri = '-', '', ifNull(r.uri, '')) AS target,
  match(target, '^[A-Za-z][A-Za-z0-9+.-]*://') AS is_absolute,
  multiIf(verb = 'CONNECT', target, is_absolute, extract(target, '^[^:]+://(?:[^/?#]*@)?([^/?#]*)'), '') AS asked_of_proxy,
  to_count(r.request_bytes) AS came,
  to_count(r.header_bytes) AS headers,
  to_count(r.content_length) AS declared,
  multiIf(
    came IS NULL, 0,
    headers <= came, came - headers,
    -- No server takes more headers than this: what is more is a body, whatever was declared.
    declared IS NOT NULL AND came <= declared + 65536, least(declared, came),
    verb NOT IN ('POST', 'PUT', 'PATCH') AND came < 65536, 0,
    came) AS body
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(r.client_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(r.client_port), 0) AS src_endpoint_port,
  ifNull(to_ip(r.server_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(r.server_port), 0) AS dst_endpoint_port,
  verb AS http_request_method,
  host_of(multiIf(asked_of_proxy != '', asked_of_proxy, r.host = '-', '', ifNull(r.host, ''))) AS url_hostname,
  mask_credentials(multiIf(verb = 'CONNECT', '', is_absolute, extract(target, '^[^:]+://[^/?#]*(.*)$'), target)) AS url_path,
  mask_credentials(if(r.user_agent = '-', '', ifNull(r.user_agent, ''))) AS user_agent,
  ifNull(body, 0) AS request_body_bytes,
  ifNull(to_count(r.response_bytes), 0) AS response_body_bytes,
  ifNull(to_port(r.status), 0) AS http_status,
  asked_of_proxy != '' AS is_proxied,
  -- Requests of one connection may come in one packet.
  concat(ifNull(r.request_bytes, ''), ' ', ifNull(r.response_bytes, '')) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    r.client_ip IS NULL, 'no JSON of an access log, or no client_ip',
    happened IS NULL, concat('time is no time: ', ifNull(r.time, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', r.time),
    to_ip(r.client_ip) IS NULL, concat('client_ip is no address: ', r.client_ip),
    to_port(r.client_port) IS NULL, concat('client_port is no port: ', ifNull(r.client_port, 'missing')),
    to_ip(r.server_ip) IS NULL, concat('server_ip is no address: ', ifNull(r.server_ip, 'missing')),
    to_port(r.server_port) IS NULL, concat('server_port is no port: ', ifNull(r.server_port, 'missing')),
    came IS NULL, concat('request_bytes is no count: ', ifNull(r.request_bytes, 'missing')),
    '') AS reject
FROM {{input}}
