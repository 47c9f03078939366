-- ECS: something was done to a file. Each key is looked for as it is written flat, then nested.
WITH
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  at(log.`@timestamp`) AS happened,
  ifNull(coalesce(log.`event.type`, JSONExtract(ifNull(log.`event`, ''), 'type', 'Nullable(String)')), '') AS kind,
  ifNull(coalesce(log.`event.action`, JSONExtract(ifNull(log.`event`, ''), 'action', 'Nullable(String)')), '') AS act,
  ifNull(coalesce(log.`file.path`, JSONExtract(ifNull(log.`file`, ''), 'path', 'Nullable(String)')), '') AS path,
  coalesce(log.`process.pid`, JSONExtract(ifNull(log.`process`, ''), 'pid', 'Nullable(String)')) AS number
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(match(kind, 'deletion') OR match(act, 'delet'), 'delete', match(kind, 'creation|change'), 'open_write', match(act, 'read'), 'read', match(kind, 'access') OR match(act, 'open'), 'open', 'other') AS activity,
  mask_credentials(path) AS file_path,
  ifNull(to_count(coalesce(log.`file.size`, JSONExtract(ifNull(log.`file`, ''), 'size', 'Nullable(String)'))), 0) AS file_size,
  ifNull(coalesce(log.`file.mime_type`, JSONExtract(ifNull(log.`file`, ''), 'mime_type', 'Nullable(String)')), '') AS file_mime,
  ifNull(coalesce(log.`file.hash.sha256`, JSONExtract(ifNull(log.`file`, ''), 'hash', 'sha256', 'Nullable(String)')), '') AS file_sha256,
  ifNull(coalesce(log.`process.name`, JSONExtract(ifNull(log.`process`, ''), 'name', 'Nullable(String)')), '') AS process_name,
  toUInt32(if(to_count(number) < 4294967296, to_count(number), 0)) AS pid,
  ifNull(coalesce(log.`container.id`, JSONExtract(ifNull(log.`container`, ''), 'id', 'Nullable(String)')), '') AS container_uid,
  if(activity = 'read', credential_kind(path), '') AS session_uid,
  ifNull(coalesce(log.`host.name`, JSONExtract(ifNull(log.`host`, ''), 'name', 'Nullable(String)')), '') AS node,
  line_number AS line,
  raw,
  multiIf(
    log.`@timestamp` IS NULL, if(isValidUTF8(raw), 'no JSON of an event, or no @timestamp', 'not valid UTF-8'),
    happened IS NULL, concat('@timestamp is no time: ', log.`@timestamp`),
    is_absurd_time(happened), concat('@timestamp is out of range: ', log.`@timestamp`),
    path = '', 'no file.path',
    number IS NOT NULL AND NOT ifNull(to_count(number) < 4294967296, 0), concat('process.pid is out of range: ', number),
    '') AS reject
FROM {{input}} AS log
