-- Engine events. Action is "exec_create: <command>" for executions and "health_status: <status>" for health checks, else one word.
-- Events of networks and volumes name the container they concern in Attributes.container (Podman: as the actor itself).
WITH
  to_count(timeNano) AS nanos,
  if(nanos < 7258118400000000000, fromUnixTimestamp64Micro(toInt64(intDiv(nanos, 1000)), 'UTC'), NULL) AS exact,
  coalesce(exact, to_time(time_text)) AS happened,
  ifNull(Action, '') AS action,
  if(position(action, ': ') > 0, substring(action, position(action, ': ') + 2), '') AS remainder,
  if(JSONHas(ifNull(Actor, ''), 'Attributes'), JSONExtractRaw(ifNull(Actor, ''), 'Attributes'), '') AS attributes,
  JSONExtractString(ifNull(Actor, ''), 'ID') AS actor,
  JSONExtractString(attributes, 'name') AS attribute_name,
  -- Only Podman writes podId; its network events have the container as actor.
  Type = 'network' AND JSONHas(attributes, 'podId') AND Action IN ('connect', 'disconnect') AS is_podman_join
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(position(action, ':') > 0, substring(action, 1, position(action, ':') - 1), action) AS api_operation,
  ifNull(Type, '') AS resource_type,
  if(is_podman_join, '', actor) AS resource_uid,
  multiIf(is_podman_join, '', attribute_name = '' AND Type != 'container', actor, attribute_name) AS resource_name,
  if(startsWith(action, 'exec_'), mask_credentials(trimRight(remainder)), '') AS cmd_line,
  cmd_line != '' AS cmd_line_joined,
  multiIf(Type = 'container' OR is_podman_join, actor, JSONExtractString(attributes, 'container')) AS container_uid,
  if(Type = 'container' OR is_podman_join, attribute_name, '') AS container_name,
  if(Type = 'container', coalesce(nullIf(JSONExtractString(attributes, 'image'), ''), `from`, ''), '') AS container_image,
  substringUTF8(mask_credentials(attributes), 1, 4000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    Action IS NULL OR Type IS NULL, if(isValidUTF8(raw), 'not an engine event: no Type or no Action', 'not valid UTF-8'),
    Actor IS NULL, 'not an engine event: no Actor',
    happened IS NULL, concat('no time: timeNano is ', ifNull(timeNano, 'missing'), ', time is ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(timeNano, time_text)),
    '') AS reject
FROM (SELECT * EXCEPT(time), time AS time_text FROM {{input}})
