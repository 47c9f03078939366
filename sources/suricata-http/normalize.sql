-- Suricata EVE, http: one request (and its answer) a line.
WITH
  to_time(timestamp) AS happened,
  JSONExtract(if(startsWith(ifNull(log.http, ''), '{'), ifNull(log.http, ''), ''), 'Tuple(hostname Nullable(String), url Nullable(String), http_user_agent Nullable(String),
    http_method Nullable(String), status Nullable(String), length Nullable(String), version Nullable(String),
    request_headers Array(Tuple(name String, value String)), response_headers Array(Tuple(name String, value String)))') AS h,
  mapFromArrays(arrayMap(one -> lower(one.name), h.request_headers), arrayMap(one -> one.value, h.request_headers)) AS asked,
  mapFromArrays(arrayMap(one -> lower(one.name), h.response_headers), arrayMap(one -> one.value, h.response_headers)) AS answered,
  to_count(asked['content-length']) AS declared,
  -- Of HTTP/2, `length` is the length of the answer or, where that names none, of the request.
  if(h.version = '2', to_count(answered['content-length']), to_count(h.length)) AS received,
  ifNull(h.http_method, '') AS verb,
  ifNull(h.url, '') AS target,
  match(target, '^[A-Za-z][A-Za-z0-9+.-]*://') AS is_absolute,
  -- CONNECT names host:port, an absolute URI the host: both are what a client says to a proxy.
  multiIf(verb = 'CONNECT', target, is_absolute, extract(target, '^[^:]+://(?:[^/?#]*@)?([^/?#]*)'), '') AS asked_of_proxy
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(src_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(src_port), 0) AS src_endpoint_port,
  ifNull(to_ip(dest_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(dest_port), 0) AS dst_endpoint_port,
  verb AS http_request_method,
  host_of(if(asked_of_proxy != '', asked_of_proxy, ifNull(h.hostname, ''))) AS url_hostname,
  mask_credentials(multiIf(verb = 'CONNECT', '', is_absolute, extract(target, '^[^:]+://[^/?#]*(.*)$'), target)) AS url_path,
  mask_credentials(ifNull(h.http_user_agent, '')) AS user_agent,
  -- The client's word. Nobody sends a pebibyte in one request.
  if(ifNull(declared < 1125899906842624, 0), ifNull(declared, 0), 0) AS request_body_bytes,
  ifNull(received, 0) AS response_body_bytes,
  ifNull(to_port(h.status), 0) AS http_status,
  lower(trim(splitByChar(';', asked['content-type'])[1])) AS request_mime,
  verb = 'CONNECT' OR is_absolute AS is_proxied,
  -- Requests of one connection may come in one packet, and so at one time.
  concat(ifNull(flow_id, ''), if(tx_id IS NULL, '', concat('.', tx_id))) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.http IS NULL, if(isValidUTF8(raw), 'not a Suricata http event: no event_type or no http', 'not valid UTF-8'),
    event_type != 'http', concat('event_type is not http: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(src_port) IS NULL, concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL, concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    h.length IS NOT NULL AND to_count(h.length) IS NULL, concat('http.length is no count: ', h.length),
    h.status IS NOT NULL AND to_port(h.status) IS NULL, concat('http.status is no status: ', h.status),
    '') AS reject
FROM {{input}} AS log
