-- Docker Distribution: "response completed", as logfmt or JSON.
WITH
  -- Pairs are read from left to right, so that a quoted value cannot pass for a key.
  extractKeyValuePairsWithEscaping(if(startsWith(raw, 'time='), raw, ''), '=', ' ', '"') AS pairs,
  notEmpty(pairs) AS is_text,
  if(is_text, pairs['time'], ifNull(coalesce(log.time, `@timestamp`), '')) AS stamp,
  to_time(stamp) AS happened,
  if(is_text, pairs['http.request.method'], ifNull(`http.request.method`, '')) AS verb,
  if(is_text, pairs['http.request.uri'], ifNull(`http.request.uri`, '')) AS target,
  if(is_text, pairs['http.request.remoteaddr'], ifNull(`http.request.remoteaddr`, '')) AS client,
  cutQueryString(target) AS path,
  extract(path, '^/v2/(.+)/(?:blobs|manifests|tags)(?:/|$)') AS image,
  position(path, '/blobs/uploads/') > 0 AS is_upload
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'registry' AS service_kind,
  multiIf(
    image = '', 'other',
    is_upload, if(verb = 'POST', 'upload-start', if(verb IN ('PATCH', 'PUT'), 'upload', 'other')),
    position(path, '/tags/') > 0, 'check',
    verb = 'PUT', 'push',
    verb = 'HEAD', 'check',
    verb = 'GET', 'pull',
    verb = 'DELETE', 'delete', 'other') AS api_operation,
  host_of(if(is_text, pairs['http.request.host'], ifNull(`http.request.host`, ''))) AS host,
  image AS repository,
  multiIf(is_upload OR position(path, '/blobs/') > 0, 'blob', image != '' AND position(path, '/manifests/') > 0, 'manifest', 'other') AS resource_type,
  if(match(path, '/(?:manifests|blobs)/[^/]+$') AND NOT is_upload, extract(path, '/([^/]+)$'), '') AS resource_uid,
  if(is_text, pairs['auth.user.name'], ifNull(`auth.user.name`, '')) AS actor_user_name,
  mask_credentials(if(is_text, pairs['http.request.useragent'], ifNull(`http.request.useragent`, ''))) AS user_agent,
  ifNull(to_ip(host_of(client)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(client, ':([0-9]{1,5})$')), 0) AS src_endpoint_port,
  verb AS http_request_method,
  ifNull(to_port(if(is_text, pairs['http.response.status'], `http.response.status`)), 0) AS http_status,
  concat(verb, ' ', substringUTF8(mask_credentials(path), 1, 500), ' ', if(is_text, pairs['http.request.id'], ifNull(`http.request.id`, ''))) AS detail,
  line_number AS line,
  raw,
  multiIf(
    client = '', if(isValidUTF8(raw), 'no request of a registry', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', stamp),
    is_absurd_time(happened), concat('time is out of range: ', stamp),
    to_ip(host_of(client)) IS NULL, concat('http.request.remoteaddr is no address: ', client),
    '') AS reject
FROM {{input}} AS log
