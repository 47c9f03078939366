-- One event of the kernel's audit about a file, its records put together (src/ingest/join-audit.ts).
WITH
  to_time(time_text) AS happened,
  to_count(pid_text) AS process_id
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(success = 'yes', ifNull(access, ''), 'failed') AS activity,
  ifNull(path, '') AS file_path,
  ifNull(name, '') AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  -- Else the event's own number: a process may open one file twice in a millisecond.
  if(activity = 'read' AND credential_kind(file_path) != '', credential_kind(file_path), ifNull(serial, '')) AS session_uid,
  ifNull(container, '') AS container_uid,
  ifNull(node, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    serial IS NULL OR success IS NULL, if(isValidUTF8(raw), 'not an event of the audit log', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', time_text),
    NOT ifNull(process_id < 4294967296, 0), concat('pid is out of range: ', ifNull(pid_text, 'missing')),
    success NOT IN ('yes', 'no'), concat('success is neither yes nor no: ', substringUTF8(success, 1, 80)),
    access NOT IN ('open_write', 'read', 'delete', 'open'), concat('not a known access: ', substringUTF8(ifNull(access, 'missing'), 1, 80)),
    ifNull(path, '') = '', 'the event names no file',
    '') AS reject
FROM (SELECT * EXCEPT(time, pid), time AS time_text, pid AS pid_text FROM {{input}})
