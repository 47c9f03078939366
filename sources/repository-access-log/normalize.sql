-- Common and combined log format: client, account, time, request, status, bytes sent, referer, program, and perhaps the request's length.
WITH
  extractGroups(raw, '^(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] "([A-Z]+) (\\S+)[^"]*" (\\d{3}) (\\d+|-)(?: "((?:[^"\\\\]|\\\\.)*)" "((?:[^"\\\\]|\\\\.)*)"(?: (\\d+))?)?') AS parts,
  parts[4] AS verb,
  parts[5] AS target,
  to_time(replaceRegexpOne(replaceAll(parts[3], '/', ' '), ':', ' ')) AS happened,
  cutQueryString(target) AS path,
  extract(path, '^/v2/(.+)/(?:blobs|manifests|tags)(?:/|$)') AS image,
  replaceRegexpOne(extract(path, '^/(.+?)/(?:info/refs|git-receive-pack|git-upload-pack)$'), '[.]git$', '') AS code,
  position(path, '/blobs/uploads/') > 0 AS is_upload
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(startsWith(path, '/v2/'), 'registry', 'code-host') AS service_kind,
  multiIf(
    endsWith(path, '/git-receive-pack'), 'push',
    endsWith(path, '/git-upload-pack'), 'pull',
    code != '', if(position(target, 'git-receive-pack') > 0, 'negotiate', 'check'),
    image = '', 'other',
    is_upload, if(verb = 'POST', 'upload-start', if(verb IN ('PATCH', 'PUT'), 'upload', 'other')),
    verb = 'PUT', 'push',
    verb = 'HEAD', 'check',
    verb = 'GET', 'pull',
    verb = 'DELETE', 'delete', 'other') AS api_operation,
  if(image != '', image, code) AS repository,
  multiIf(is_upload OR position(path, '/blobs/') > 0, 'blob', image != '' AND position(path, '/manifests/') > 0, 'manifest', code != '', 'code', 'other') AS resource_type,
  if(match(path, '/(?:manifests|blobs)/[^/]+$') AND NOT is_upload, extract(path, '/([^/]+)$'), '') AS resource_uid,
  ifNull(to_count(parts[10]), 0) AS bytes,
  if(parts[2] = '-', '', parts[2]) AS actor_user_name,
  mask_credentials(parts[9]) AS user_agent,
  ifNull(to_ip(parts[1]), toIPv6('::')) AS src_endpoint_ip,
  verb AS http_request_method,
  ifNull(to_port(parts[6]), 0) AS http_status,
  -- An upload's own id tells two that begin in one second apart.
  concat(verb, ' ', substringUTF8(mask_credentials(path), 1, 500)) AS detail,
  line_number AS line,
  raw,
  multiIf(
    empty(parts), if(isValidUTF8(raw), 'not a line of the common or combined log format', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', parts[3]),
    is_absurd_time(happened), concat('time is out of range: ', parts[3]),
    to_ip(parts[1]) IS NULL, concat('client is no address: ', parts[1]),
    '') AS reject
FROM {{input}}
