-- ECS: a process. Each key is looked for as it is written flat, then nested.
WITH
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  at(log.`@timestamp`) AS happened,
  concat(ifNull(coalesce(log.`event.type`, JSONExtract(ifNull(log.`event`, ''), 'type', 'Nullable(String)')), ''), ' ', ifNull(coalesce(log.`event.action`, JSONExtract(ifNull(log.`event`, ''), 'action', 'Nullable(String)')), '')) AS said,
  ifNull(coalesce(log.`process.executable`, JSONExtract(ifNull(log.`process`, ''), 'executable', 'Nullable(String)')), '') AS path,
  coalesce(log.`process.pid`, JSONExtract(ifNull(log.`process`, ''), 'pid', 'Nullable(String)')) AS number,
  -- Quoted as a shell would need them.
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')),
    JSONExtract(ifNull(coalesce(log.`process.args`, JSONExtract(ifNull(log.`process`, ''), 'args', 'Nullable(String)')), ''), 'Array(String)')), ' ') AS argv
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(match(said, '(?:^|[^a-z])(?:end|process_stopped|exit)(?:[^a-z]|$)'), 'exit', match(said, '(?:^|[^a-z])(?:start|process_started|exec|executed)(?:[^a-z]|$)'), 'launch', 'alert') AS activity,
  coalesce(nullIf(coalesce(log.`process.name`, JSONExtract(ifNull(log.`process`, ''), 'name', 'Nullable(String)')), ''), extract(path, '([^/]*)$')) AS process_name,
  path AS process_file_path,
  -- An end repeats what the start has told.
  if(activity = 'exit', '', mask_credentials(coalesce(nullIf(coalesce(log.`process.command_line`, JSONExtract(ifNull(log.`process`, ''), 'command_line', 'Nullable(String)')), ''), argv))) AS cmd_line,
  toUInt32(if(to_count(number) < 4294967296, to_count(number), 0)) AS pid,
  ifNull(coalesce(log.`process.parent.name`, JSONExtract(ifNull(log.`process`, ''), 'parent', 'name', 'Nullable(String)')), '') AS parent_process_name,
  ifNull(coalesce(log.`user.name`, JSONExtract(ifNull(log.`user`, ''), 'name', 'Nullable(String)')), '') AS user_name,
  ifNull(coalesce(log.`container.id`, JSONExtract(ifNull(log.`container`, ''), 'id', 'Nullable(String)')), '') AS container_uid,
  ifNull(coalesce(log.`container.name`, JSONExtract(ifNull(log.`container`, ''), 'name', 'Nullable(String)')), '') AS container_name,
  ifNull(coalesce(log.`container.image.name`, JSONExtract(ifNull(log.`container`, ''), 'image', 'name', 'Nullable(String)')), '') AS container_image,
  ifNull(coalesce(log.`orchestrator.resource.name`, JSONExtract(ifNull(log.`orchestrator`, ''), 'resource', 'name', 'Nullable(String)')), '') AS pod,
  ifNull(coalesce(log.`orchestrator.namespace`, JSONExtract(ifNull(log.`orchestrator`, ''), 'namespace', 'Nullable(String)')), '') AS namespace,
  ifNull(coalesce(log.`host.name`, JSONExtract(ifNull(log.`host`, ''), 'name', 'Nullable(String)')), '') AS node,
  line_number AS line,
  raw,
  multiIf(
    log.`@timestamp` IS NULL, if(isValidUTF8(raw), 'no JSON of an event, or no @timestamp', 'not valid UTF-8'),
    happened IS NULL, concat('@timestamp is no time: ', log.`@timestamp`),
    is_absurd_time(happened), concat('@timestamp is out of range: ', log.`@timestamp`),
    NOT ifNull(to_count(number) < 4294967296, 0), concat('process.pid is out of range: ', ifNull(number, 'missing')),
    '') AS reject
FROM {{input}} AS log
