-- Zeek http.log: one request (and its answer) a line.
WITH
  to_time(ts) AS started,
  ifNull(method, '') AS verb,
  ifNull(uri, '') AS target,
  match(target, '^[A-Za-z][A-Za-z0-9+.-]*://') AS is_absolute,
  -- CONNECT names host:port, an absolute URI the host: both are what a client says to a proxy.
  multiIf(verb = 'CONNECT', target, is_absolute, extract(target, '^[^:]+://(?:[^/?#]*@)?([^/?#]*)'), '') AS asked_of_proxy
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(`id.orig_h`), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(`id.orig_p`), 0) AS src_endpoint_port,
  ifNull(to_ip(`id.resp_h`), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(`id.resp_p`), 0) AS dst_endpoint_port,
  verb AS http_request_method,
  host_of(if(asked_of_proxy != '', asked_of_proxy, ifNull(host, ''))) AS url_hostname,
  mask_credentials(multiIf(
    verb = 'CONNECT', '',
    is_absolute, extract(target, '^[^:]+://[^/?#]*(.*)$'),
    target)) AS url_path,
  mask_credentials(ifNull(log.user_agent, '')) AS user_agent,
  ifNull(to_count(request_body_len), 0) AS request_body_bytes,
  ifNull(to_count(response_body_len), 0) AS response_body_bytes,
  ifNull(to_port(status_code), 0) AS http_status,
  zeek_list(orig_mime_types)[1] AS request_mime,
  verb = 'CONNECT' OR is_absolute AS is_proxied,
  ifNull(uid, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ts IS NULL AND `id.orig_h` IS NULL, if(isValidUTF8(raw), 'not a Zeek http record: no ts, no id.orig_h', 'not valid UTF-8'),
    started IS NULL, concat('ts is no time: ', ifNull(ts, 'missing')),
    is_absurd_time(time), concat('ts is out of range: ', ts),
    to_ip(`id.orig_h`) IS NULL, concat('id.orig_h is no address: ', ifNull(`id.orig_h`, 'missing')),
    to_ip(`id.resp_h`) IS NULL, concat('id.resp_h is no address: ', ifNull(`id.resp_h`, 'missing')),
    to_port(`id.orig_p`) IS NULL, concat('id.orig_p is no port: ', ifNull(`id.orig_p`, 'missing')),
    to_port(`id.resp_p`) IS NULL, concat('id.resp_p is no port: ', ifNull(`id.resp_p`, 'missing')),
    request_body_len IS NOT NULL AND to_count(request_body_len) IS NULL, concat('request_body_len is no count: ', request_body_len),
    response_body_len IS NOT NULL AND to_count(response_body_len) IS NULL, concat('response_body_len is no count: ', response_body_len),
    -- Zeek writes what stood there, so that any three digits (and more) occur.
    status_code IS NOT NULL AND to_port(status_code) IS NULL, concat('status_code is no status: ', status_code),
    '') AS reject
FROM {{input}} AS log
