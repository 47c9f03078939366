-- OCSF 1001: something was done to a file.
WITH
  -- OCSF counts milliseconds; some producers write a date.
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  ifNull(log.file, '') AS it,
  ifNull(actor, '') AS by,
  at(log.time) AS happened,
  JSONExtractString(it, 'path') AS path,
  JSONExtract(by, 'process', 'pid', 'Nullable(String)') AS number
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  transform(ifNull(activity_id, ''), ['1', '2', '3', '4', '14'], ['open_write', 'read', 'open_write', 'delete', 'open'], 'other') AS activity,
  mask_credentials(path) AS file_path,
  ifNull(to_count(JSONExtract(it, 'size', 'Nullable(String)')), 0) AS file_size,
  JSONExtractString(it, 'mime_type') AS file_mime,
  JSONExtractString(by, 'process', 'name') AS process_name,
  toUInt32(if(to_count(number) < 4294967296, to_count(number), 0)) AS pid,
  coalesce(nullIf(JSONExtractString(by, 'process', 'container', 'uid'), ''), JSONExtractString(ifNull(container, ''), 'uid')) AS container_uid,
  if(activity = 'read', credential_kind(path), '') AS session_uid,
  JSONExtractString(ifNull(device, ''), 'hostname') AS node,
  line_number AS line,
  raw,
  multiIf(
    log.time IS NULL, if(isValidUTF8(raw), 'no JSON of an OCSF event, or no time', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', log.time),
    is_absurd_time(happened), concat('time is out of range: ', log.time),
    path = '', 'no file.path',
    number IS NOT NULL AND NOT ifNull(to_count(number) < 4294967296, 0), concat('actor.process.pid is out of range: ', number),
    '') AS reject
FROM {{input}} AS log
