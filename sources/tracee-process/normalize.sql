-- Tracee's JSON output: arguments are an array of name and value; argv is the argument vector itself.
WITH
  if(match(time_text, '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(time_text), 1000), 'UTC'), if(match(time_text, '^[0-9]+$'), NULL, to_time(time_text))) AS happened,
  mapFromArrays(
    arrayMap(argument -> JSONExtractString(argument, 'name'), JSONExtractArrayRaw(ifNull(args, ''))),
    arrayMap(argument -> ifNull(JSONExtract(argument, 'value', 'Nullable(String)'), ''), JSONExtractArrayRaw(ifNull(args, '')))) AS argument,
  to_count(ifNull(hostProcessId, processId)) AS process_id,
  argument['pathname'] AS path,
  JSONExtract(argument['argv'], 'Array(String)') AS argv,
  extract(path, '([^/]*)/?$') AS file_name,
  extract(argv[1], '([^/]*)/?$') AS called_by,
  -- These files say nothing of what was meant; the name the program was called by does.
  if((path IN ('', '/proc/self/exe') OR file_name = 'busybox' OR startsWith(path, '/dev/fd/')) AND called_by != '', called_by, file_name) AS program,
  eventName IN ('sched_process_exec', 'execve', 'execveat') AS is_exec,
  is_exec AND ifNull(toInt64OrNull(returnValue), 0) < 0 AS is_failed,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')),
    arrayConcat([program], arraySlice(argv, 2))), ' ') AS command
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(is_failed, 'launch_failed', is_exec, 'launch', eventName = 'sched_process_exit', 'exit', 'alert') AS activity,
  if(is_exec AND program != '', program, ifNull(processName, '')) AS process_name,
  if(is_exec, path, JSONExtractString(ifNull(executable, ''), 'path')) AS process_file_path,
  if(is_exec AND NOT is_failed AND program != '', mask_credentials(command), '') AS cmd_line,
  -- Tracee puts three dots in the place of the arguments it leaves out.
  NOT (is_exec AND argv[-1] = '...') AS cmd_line_complete,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  multiIf(is_failed, concat('error ', ifNull(returnValue, '')), is_exec OR eventName = 'sched_process_exit', '', ifNull(eventName, '')) AS rule,
  if(JSONExtractString(ifNull(container, ''), 'id') != '', JSONExtractString(ifNull(container, ''), 'id'), ifNull(containerId, '')) AS container_uid,
  if(JSONExtractString(ifNull(container, ''), 'name') != '', JSONExtractString(ifNull(container, ''), 'name'), ifNull(containerName, '')) AS container_name,
  if(JSONExtractString(ifNull(container, ''), 'image') != '', JSONExtractString(ifNull(container, ''), 'image'), ifNull(containerImage, '')) AS container_image,
  if(JSONExtractString(ifNull(kubernetes, ''), 'podName') != '', JSONExtractString(ifNull(kubernetes, ''), 'podName'), ifNull(podName, '')) AS pod,
  if(JSONExtractString(ifNull(kubernetes, ''), 'podNamespace') != '', JSONExtractString(ifNull(kubernetes, ''), 'podNamespace'), ifNull(podNamespace, '')) AS namespace,
  line_number AS line,
  raw,
  multiIf(
    eventName IS NULL OR args IS NULL, if(isValidUTF8(raw), 'not a Tracee event: no eventName or no args', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time since 1970: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('timestamp is out of range: ', time_text),
    NOT ifNull(process_id < 4294967296, 0), concat('the process id is out of range: ', coalesce(hostProcessId, processId, 'missing')),
    is_exec AND mapContains(argument, 'argv') = 0, concat(eventName, ' without argv'),
    '') AS reject
FROM (SELECT * EXCEPT(timestamp), timestamp AS time_text FROM {{input}})
