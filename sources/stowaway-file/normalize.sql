-- file.ndjson of `stowaway sense`: one JSON object a record; open_write, write, read.
WITH
  to_time(time_text) AS happened,
  to_count(pid_text) AS process_id,
  to_count(ifNull(bytes, '0')) AS written
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(record, '') AS activity,
  ifNull(path, '') AS file_path,
  if(record = 'write', ifNull(written, 0), 0) AS bytes_written,
  ifNull(name, '') AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  ifNull(container, '') AS container_uid,
  -- Two writes of one process may be told in one microsecond; the boot clock tells them apart.
  ifNull(credential, ifNull(monotonic_ns, '')) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    record IS NULL, if(isValidUTF8(raw), 'not a record of the host sensor: no record', 'not valid UTF-8'),
    record NOT IN ('open_write', 'write', 'read'), concat('not a known kind of record: ', record),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', time_text),
    NOT ifNull(process_id < 4294967296, 0), concat('pid is out of range: ', ifNull(pid_text, 'missing')),
    NOT match(ifNull(container, ''), '^[0-9a-f]{64}$'), concat('container is no container id: ', ifNull(container, 'missing')),
    path IS NULL, 'no path',
    written IS NULL, concat('bytes is no count: ', bytes),
    '') AS reject
FROM (SELECT * EXCEPT(time, pid), time AS time_text, pid AS pid_text FROM {{input}})
