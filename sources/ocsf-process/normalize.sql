-- OCSF 1007: a process.
WITH
  -- OCSF counts milliseconds; some producers write a date.
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  ifNull(log.process, '') AS it,
  ifNull(actor, '') AS by,
  if(JSONHas(it, 'container'), JSONExtractRaw(it, 'container'), ifNull(container, '')) AS box,
  at(log.time) AS happened,
  JSONExtractString(it, 'file', 'path') AS path,
  JSONExtract(it, 'pid', 'Nullable(String)') AS number,
  ifNull(activity_id, '') AS act
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(act = '1', 'launch', act = '2', 'exit', 'alert') AS activity,
  if(JSONExtractString(it, 'name') != '', JSONExtractString(it, 'name'), extract(path, '([^/]*)$')) AS process_name,
  path AS process_file_path,
  -- An end repeats what the start has told.
  if(act = '2', '', mask_credentials(JSONExtractString(it, 'cmd_line'))) AS cmd_line,
  toUInt32(if(to_count(number) < 4294967296, to_count(number), 0)) AS pid,
  coalesce(nullIf(JSONExtractString(it, 'parent_process', 'name'), ''), JSONExtractString(by, 'process', 'name')) AS parent_process_name,
  coalesce(nullIf(JSONExtractString(it, 'user', 'name'), ''), JSONExtractString(by, 'user', 'name')) AS user_name,
  JSONExtractString(box, 'uid') AS container_uid,
  JSONExtractString(box, 'name') AS container_name,
  JSONExtractString(box, 'image', 'name') AS container_image,
  JSONExtractString(ifNull(device, ''), 'hostname') AS node,
  line_number AS line,
  raw,
  multiIf(
    log.time IS NULL, if(isValidUTF8(raw), 'no JSON of an OCSF event, or no time', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', log.time),
    is_absurd_time(happened), concat('time is out of range: ', log.time),
    it = '', 'no process',
    number IS NOT NULL AND NOT ifNull(to_count(number) < 4294967296, 0), concat('process.pid is out of range: ', number),
    '') AS reject
FROM {{input}} AS log
