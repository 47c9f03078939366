-- Harbor's audit log: one entry a line. A resource is project/repository:tag or …@digest, else a name.
WITH
  to_time(op_time) AS happened,
  ifNull(log.resource_type, '') AS kind,
  ifNull(operation, '') AS act,
  ifNull(resource, '') AS what,
  kind IN ('artifact', 'tag') AS is_artifact,
  ifNull(operation_result, '') IN ('false', '0') AS is_failed
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'registry' AS service_kind,
  multiIf(
    is_failed, 'other',
    kind = 'artifact' AND act = 'create', 'push',
    act = 'pull', 'pull',
    kind IN ('repository', 'project') AND act = 'create', 'create',
    is_artifact AND act = 'delete' OR kind IN ('repository', 'project') AND act = 'delete', 'delete',
    kind = 'robot' AND act = 'create', 'key',
    kind IN ('member', 'project_member') AND act IN ('create', 'update'), 'member',
    'other') AS api_operation,
  if(is_artifact, replaceRegexpOne(what, '(?:@sha256:[0-9a-f]+|:[^/:]*)$', ''), what) AS repository,
  multiIf(kind = 'artifact', 'manifest', api_operation IN ('key', 'member'), if(api_operation = 'key', 'key', 'repository'), kind IN ('repository', 'project'), 'repository', 'other') AS resource_type,
  if(is_artifact, extract(what, '(?:@(sha256:[0-9a-f]+))$'), '') AS resource_uid,
  ifNull(username, '') AS actor_user_name,
  substringUTF8(mask_credentials(concat(act, ' ', kind, ' ', what, if(is_failed, ' failed', ''), if(operation_description IS NULL, '', concat(': ', operation_description)),
    if(id IS NULL, '', concat(' ', id)))), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    act = '', if(isValidUTF8(raw), 'not an entry of Harbor''s audit log: no operation', 'not valid UTF-8'),
    happened IS NULL, concat('op_time is no time: ', ifNull(op_time, 'missing')),
    is_absurd_time(happened), concat('op_time is out of range: ', op_time),
    '') AS reject
FROM {{input}} AS log
