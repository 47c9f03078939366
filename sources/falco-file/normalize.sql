-- Falco alert about a file that names no command: fd.name or fs.path.* is the path.
WITH
  mapApply((key, value) -> (key, if(value IN ('null', '<NA>'), '', value)), JSONExtract(ifNull(output_fields, ''), 'Map(String, String)')) AS field,
  coalesce(to_time(time_text), to_time(field['evt.time.iso8601']), if(match(field['evt.time'], '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(field['evt.time']), 1000), 'UTC'), NULL)) AS happened,
  field['evt.type'] AS call,
  multiIf(field['fd.name'] != '', field['fd.name'], field['fs.path.name'] != '', field['fs.path.name'], field['fs.path.target'] != '', field['fs.path.target'], field['evt.arg.name']) AS path,
  concat(field['evt.arg.flags'], ' ', field['evt.args']) AS flags,
  to_count(field['proc.pid']) AS process_id
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(
    match(call, '^(?:unlink|unlinkat|rmdir)$'), 'delete',
    match(call, '^(?:creat|truncate|ftruncate|rename|renameat|renameat2|link|linkat|symlink|symlinkat)$')
      OR field['evt.is_open_write'] = 'true' OR match(flags, 'O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)'), 'open_write',
    field['evt.is_open_read'] = 'true' OR match(flags, 'O_RDONLY'), 'read',
    'open') AS activity,
  path AS file_path,
  field['proc.name'] AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  multiIf(field['container.id'] = 'host', '', field['container.full_id'] != '', field['container.full_id'], field['container.id']) AS container_uid,
  if(activity = 'read', credential_kind(path), '') AS session_uid,
  ifNull(hostname, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    rule_text IS NULL OR output_fields IS NULL, if(isValidUTF8(raw), 'not a Falco alert: no rule or no output_fields', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(time_text, field['evt.time'])),
    path = '', 'the alert names no file',
    '') AS reject
FROM (SELECT line_number, raw, hostname, output_fields, rule AS rule_text, time AS time_text FROM {{input}})
