-- Harbor: an event of a project, in its own format or as a CloudEvent.
WITH
  ifNull(coalesce(event_data, data), '') AS told,
  ifNull(type, '') AS kind,
  coalesce(occur_at, log.time) AS stamp,
  to_time(stamp) AS happened,
  JSONExtractArrayRaw(told, 'resources') AS resources,
  splitByChar('/', JSONExtractString(resources[1], 'resource_url')) AS url
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'registry' AS service_kind,
  multiIf(kind IN ('PUSH_ARTIFACT', 'harbor.artifact.pushed'), 'push', kind IN ('PULL_ARTIFACT', 'harbor.artifact.pulled'), 'pull',
    kind IN ('DELETE_ARTIFACT', 'harbor.artifact.deleted'), 'delete', 'other') AS api_operation,
  if(length(url) > 1, host_of(url[1]), '') AS host,
  JSONExtractString(told, 'repository', 'repo_full_name') AS repository,
  if(api_operation = 'other', 'other', 'manifest') AS resource_type,
  JSONExtractString(resources[1], 'digest') AS resource_uid,
  ifNull(operator, '') AS actor_user_name,
  lower(JSONExtractString(told, 'repository', 'repo_type')) = 'public' AS is_public,
  substringUTF8(mask_credentials(concat(kind, ' ', arrayStringConcat(arrayMap(one -> JSONExtractString(one, 'tag'), resources), ' '), if(id IS NULL, '', concat(' ', id)))), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    kind = '' OR told = '', if(isValidUTF8(raw), 'not an event of Harbor: no type or no data', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', ifNull(stamp, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', stamp),
    api_operation != 'other' AND repository = '', 'no repository',
    '') AS reject
FROM {{input}} AS log
