-- process.ndjson of `stowaway sense`: one JSON object a record; exec, exec_failed, connect.
WITH
  to_time(time_text) AS happened,
  to_count(pid_text) AS process_id,
  JSONExtract(ifNull(argv, '[]'), 'Array(String)') AS arguments,
  extract(ifNull(arguments[1], ''), '([^/]*)/?$') AS called_by,
  extract(ifNull(file_text, ''), '([^/]*)/?$') AS file_name,
  -- These files say nothing of what was meant; the name the program was called by does.
  if((file_text IN ('', '/proc/self/exe') OR file_name = 'busybox' OR startsWith(ifNull(file_text, ''), '/dev/fd/')) AND called_by != '', called_by, file_name) AS program,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')),
    arrayConcat([program], arraySlice(arguments, 2))), ' ') AS command
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(record = 'exec', 'launch', record = 'exec_failed', 'launch_failed', ifNull(record, '')) AS activity,
  -- A program that executes itself again (busybox) is called exe by the kernel.
  if(record = 'exec' AND name = 'exe', program, ifNull(name, '')) AS process_name,
  ifNull(file_text, '') AS process_file_path,
  if(record = 'exec', mask_credentials(command), '') AS cmd_line,
  record != 'exec' OR ifNull(argv_complete = 'true', 0) AS cmd_line_complete,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  ifNull(parent, '') AS parent_process_name,
  multiIf(record = 'exec_failed', ifNull(error, ''), record = 'connect', concat(ifNull(from_text, ''), ' ', ifNull(source_port, ''), ' > ', ifNull(destination, ''), ' ', ifNull(destination_port, '')), '') AS rule,
  ifNull(container, '') AS container_uid,
  line_number AS line,
  raw,
  multiIf(
    record IS NULL, if(isValidUTF8(raw), 'not a record of the host sensor: no record', 'not valid UTF-8'),
    record NOT IN ('exec', 'exec_failed', 'connect'), concat('not a known kind of record: ', record),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', time_text),
    NOT ifNull(process_id < 4294967296, 0), concat('pid is out of range: ', ifNull(pid_text, 'missing')),
    NOT match(ifNull(container, ''), '^[0-9a-f]{64}$'), concat('container is no container id: ', ifNull(container, 'missing')),
    record = 'exec' AND argv IS NULL, 'an exec record without argv',
    '') AS reject
FROM (SELECT * EXCEPT(time, pid, file, source), time AS time_text, pid AS pid_text, file AS file_text, source AS from_text FROM {{input}})
