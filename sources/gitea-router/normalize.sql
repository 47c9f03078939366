-- Gitea and Forgejo: time, place in the program, level, then "router: completed METHOD PATH for ADDRESS:PORT, STATUS …".
WITH
  extractGroups(raw, '^(\\d{4}/\\d{2}/\\d{2} \\d{2}:\\d{2}:\\d{2}) .{0,200}?router: completed\\s+([A-Z]+) (\\S+) for (\\S+), (\\d{3})') AS parts,
  to_time(replaceAll(parts[1], '/', '-')) AS happened,
  parts[2] AS verb,
  parts[3] AS target,
  parts[4] AS client,
  cutQueryString(target) AS path,
  replaceRegexpOne(extract(path, '^/(.+?)/(?:info/refs|git-receive-pack|git-upload-pack)$'), '[.]git$', '') AS code
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'code-host' AS service_kind,
  multiIf(
    endsWith(path, '/git-receive-pack'), 'push',
    endsWith(path, '/git-upload-pack'), 'pull',
    code != '', if(position(target, 'git-receive-pack') > 0, 'negotiate', 'check'),
    'other') AS api_operation,
  code AS repository,
  if(code = '', 'other', 'code') AS resource_type,
  ifNull(to_ip(host_of(client)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(client, ':([0-9]{1,5})$')), 0) AS src_endpoint_port,
  verb AS http_request_method,
  ifNull(to_port(parts[5]), 0) AS http_status,
  substringUTF8(mask_credentials(concat(verb, ' ', target)), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    empty(parts), if(isValidUTF8(raw), 'not an answered request', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', parts[1]),
    is_absurd_time(happened), concat('time is out of range: ', parts[1]),
    to_ip(host_of(client)) IS NULL, concat('client is no address: ', client),
    '') AS reject
FROM {{input}}
