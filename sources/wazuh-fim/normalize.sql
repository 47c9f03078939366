-- Wazuh's alerts.json: numbers are texts; the time has its zone without a colon.
WITH
  ifNull(syscheck, '') AS change,
  to_time(timestamp_text) AS happened,
  JSONExtractString(change, 'event') AS event,
  JSONExtract(change, 'size_after', 'Nullable(String)') AS size_text,
  JSONExtract(change, 'audit', 'process', 'id', 'Nullable(String)') AS pid_text,
  to_count(pid_text) AS process_id
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(event = 'deleted', 'delete', 'open_write') AS activity,
  JSONExtractString(change, 'path') AS file_path,
  ifNull(to_count(size_text), 0) AS file_size,
  lower(JSONExtractString(change, 'sha256_after')) AS file_sha256,
  extract(JSONExtractString(change, 'audit', 'process', 'name'), '([^/]*)/?$') AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  ifNull(id, '') AS session_uid,
  JSONExtractString(ifNull(agent, ''), 'name') AS node,
  line_number AS line,
  raw,
  multiIf(
    JSONExtractString(change, 'path') = '', if(isValidUTF8(raw), 'not a file integrity alert: no path', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time: ', substringUTF8(ifNull(timestamp_text, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('timestamp is out of range: ', timestamp_text),
    event NOT IN ('added', 'modified', 'deleted'), concat('not a known event: ', substringUTF8(event, 1, 80)),
    ifNull(size_text, '') != '' AND to_count(size_text) IS NULL, concat('size_after is no count: ', substringUTF8(size_text, 1, 80)),
    ifNull(pid_text, '') != '' AND NOT ifNull(process_id < 4294967296, 0), concat('the process id is out of range: ', substringUTF8(pid_text, 1, 80)),
    '') AS reject
FROM (SELECT line_number, raw, id, agent, syscheck, timestamp AS timestamp_text FROM {{input}})
