-- GitLab: a request of git over HTTP.
WITH
  to_time(log.time) AS happened,
  ifNull(action, '') AS act,
  -- What info_refs is asked for.
  arrayFirst(one -> JSONExtractString(one, 'key') = 'service', JSONExtractArrayRaw(ifNull(params, ''))) AS service
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'code-host' AS service_kind,
  multiIf(act = 'git_receive_pack', 'push', act = 'git_upload_pack', 'pull',
    act = 'info_refs', if(JSONExtractString(service, 'value') = 'git-receive-pack', 'negotiate', 'check'), 'other') AS api_operation,
  extract(ifNull(path, ''), '^/(.+?)(?:[.]git)?/(?:info/refs|git-receive-pack|git-upload-pack)$') AS repository,
  'code' AS resource_type,
  ifNull(username, '') AS actor_user_name,
  substringUTF8(mask_credentials(ifNull(ua, '')), 1, 300) AS user_agent,
  ifNull(to_ip(remote_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(method, '') AS http_request_method,
  ifNull(to_port(status), 0) AS http_status,
  substringUTF8(mask_credentials(concat(ifNull(method, ''), ' ', ifNull(path, ''), if(correlation_id IS NULL, '', concat(' ', correlation_id)))), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    act = '', if(isValidUTF8(raw), 'not a request: no action', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', ifNull(log.time, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', log.time),
    ifNull(remote_ip, '') != '' AND to_ip(remote_ip) IS NULL, concat('remote_ip is no address: ', remote_ip),
    '') AS reject
FROM {{input}} AS log
