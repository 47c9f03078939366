-- Squid: time, milliseconds, client, result/status, size of the reply, method, URL, user, way/server, type; or the common and combined formats with result:way at the end.
WITH
  extractGroups(raw, '^(\\d{9,10}\\.\\d{3}) +(-?\\d+) (\\S+) [A-Z_]+/(\\d{3}) (\\d+) (\\S+) (\\S+) \\S+ ([A-Z_]+)/(\\S+) \\S+(?: "[^"]*" "([^"]*)")?') AS native,
  extractGroups(raw, '^(\\S+) \\S+ \\S+ \\[([^\\]]+)\\] "(\\S+) (\\S+)(?: HTTP/[\\d.]+)?" (\\d{1,3}) (\\d+)(?: ".*" "(.*)")? [A-Z_]+:[A-Z_]+$') AS web,
  notEmpty(native) AS is_native,
  if(is_native, native[3], web[1]) AS client,
  if(is_native, native[1], web[2]) AS stamp,
  if(is_native, to_time(stamp) - toIntervalMillisecond(toUInt32OrZero(native[2])), to_time(replaceRegexpOne(replaceAll(stamp, '/', ' '), ':', ' '))) AS happened,
  if(is_native, native[6], web[3]) AS verb,
  if(is_native, native[7], web[4]) AS target,
  if(is_native, native[5], web[6]) AS received,
  extract(target, '^([A-Za-z][A-Za-z0-9+.-]*)://') AS scheme,
  if(verb = 'CONNECT', target, extract(target, '^[^:]+://(?:[^/?#]*@)?([^/?#]*)')) AS authority,
  host_of(authority) AS host,
  if(match(native[8], 'DIRECT|ORIGINAL_DST|PINNED'), to_ip(native[9]), NULL) AS told,
  coalesce(told, to_ip(host)) AS server
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(client), toIPv6('::')) AS src_endpoint_ip,
  toUInt16(0) AS src_endpoint_port,
  ifNull(server, toIPv6('::')) AS dst_endpoint_ip,
  coalesce(to_port(extract(authority, ':([0-9]{1,5})$')), multiIf(verb = 'CONNECT' OR scheme = 'https', 443, scheme = 'http', 80, scheme = 'ftp', 21, 0)) AS dst_endpoint_port,
  verb AS http_request_method,
  host AS url_hostname,
  mask_credentials(multiIf(verb = 'CONNECT', '', scheme != '', extract(target, '^[^:]+://[^/?#]*(.*)$'), target)) AS url_path,
  mask_credentials(replaceRegexpOne(if(is_native, native[10], web[7]), '^-$', '')) AS user_agent,
  ifNull(to_count(received), 0) AS response_body_bytes,
  ifNull(to_port(if(is_native, native[4], web[5])), 0) AS http_status,
  -- The destination is the server itself where an address is known: only a name is the client's claim.
  server IS NULL AS is_proxied,
  -- Without ports, requests of one moment are told apart by what else is said; where only seconds are, by their place.
  if(is_native, concat(native[2], ' ', received), concat('line ', toString(bitAnd(toUInt64(line_number), 4294967295)))) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    NOT is_native AND empty(web), if(isValidUTF8(raw), 'not a line of Squid''s native, common or combined format', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', stamp),
    is_absurd_time(happened), concat('time is out of range: ', stamp),
    to_ip(client) IS NULL, concat('client is no address: ', client),
    to_count(received) IS NULL, concat('size is no count: ', received),
    '') AS reject
FROM {{input}}
