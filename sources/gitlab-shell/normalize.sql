-- GitLab Shell: one git command a line.
WITH
  to_time(log.time) AS happened,
  ifNull(command, '') AS act
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'code-host' AS service_kind,
  multiIf(act = 'git-receive-pack', 'push', act IN ('git-upload-pack', 'git-upload-archive'), 'pull', 'other') AS api_operation,
  replaceRegexpOne(ifNull(gl_project_path, ''), '[.]git$', '') AS repository,
  'code' AS resource_type,
  ifNull(username, '') AS actor_user_name,
  ifNull(to_ip(remote_ip), toIPv6('::')) AS src_endpoint_ip,
  substringUTF8(mask_credentials(concat(act, ' over ssh', if(gl_key_type IS NULL, '', concat(' by ', gl_key_type, ' ', ifNull(gl_key_id, ''))), if(correlation_id IS NULL, '', concat(' ', correlation_id)))), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    act = '', if(isValidUTF8(raw), 'not a git command: no command', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', ifNull(log.time, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', log.time),
    ifNull(remote_ip, '') != '' AND to_ip(remote_ip) IS NULL, concat('remote_ip is no address: ', remote_ip),
    '') AS reject
FROM {{input}} AS log
