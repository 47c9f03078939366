-- One event of the kernel's audit, its records put together (src/ingest/join-audit.ts).
WITH
  to_time(time_text) AS happened,
  to_count(pid_text) AS process_id,
  JSONExtract(ifNull(argv, '[]'), 'Array(String)') AS arguments,
  success = 'yes' AS is_started,
  -- The level of a confined container; privileged ones share a domain without levels (spc_t).
  extract(ifNull(subject, ''), ':container(?:_[a-z]+)*_t:(s0:c[0-9]{1,4},c[0-9]{1,4})$') AS level,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), arguments), ' ') AS command
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(is_started, 'launch', 'launch_failed') AS activity,
  -- A program that executes itself again (busybox, runc) is called exe by the kernel.
  if(name = 'exe' AND notEmpty(arguments), extract(arguments[1], '([^/]*)/?$'), ifNull(name, '')) AS process_name,
  if(is_started AND ifNull(program, '') != '', ifNull(program, ''), ifNull(path, '')) AS process_file_path,
  if(is_started, mask_credentials(command), '') AS cmd_line,
  NOT is_started OR ifNull(argv_complete = 'true', 0) AS cmd_line_complete,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  ifNull(uid, '') AS user_name,
  if(is_started, ifNull(key, ''), ifNull(exit, '')) AS rule,
  ifNull(container, '') AS container_uid,
  level AS container_name,
  ifNull(node, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    serial IS NULL OR success IS NULL, if(isValidUTF8(raw), 'not an event of the audit log', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', time_text),
    NOT ifNull(process_id < 4294967296, 0), concat('pid is out of range: ', ifNull(pid_text, 'missing')),
    success NOT IN ('yes', 'no'), concat('success is neither yes nor no: ', substringUTF8(success, 1, 80)),
    '') AS reject
FROM (SELECT * EXCEPT(time, pid), time AS time_text, pid AS pid_text FROM {{input}})
