-- Tetragon's JSON export: one event a line, its kind the key it stands under.
WITH
  coalesce(process_exec, process_exit, process_kprobe, process_lsm, process_uprobe, process_usdt, process_tracepoint, process_loader, process_listen, '') AS event,
  JSONExtractRaw(event, 'process') AS process,
  JSONExtractRaw(process, 'pod') AS pod_of,
  splitByChar(' ', JSONExtractString(process, 'flags')) AS flags,
  to_count(JSONExtract(process, 'pid', 'Nullable(String)')) AS process_id,
  -- A process that was there before Tetragon is told when Tetragon starts; an exec without a time still has its start.
  nullIf(JSONExtractString(process, 'start_time'), '') AS started,
  if(process_exec IS NOT NULL AND (has(flags, 'procFS') OR time_text IS NULL), ifNull(started, time_text), time_text) AS told,
  to_time(told) AS happened,
  JSONExtractString(process, 'binary') AS binary,
  extract(binary, '([^/]*)/?$') AS program,
  -- Arguments are joined with blanks; one that holds a blank is put between double quotes, and what it holds is not escaped.
  -- An inner pair of quotes stays within. Quoted again as a shell would need them.
  arrayMap(word -> if(startsWith(word, '"') AND position(word, ' ') > 0, substring(word, 2, length(word) - 2), word),
    extractAll(concat(trimLeft(JSONExtractString(process, 'arguments')), ' '), '("[^"]*(?:"[^"]*"[^"]*)*?"|[^ ]*) ')) AS argv,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')),
    arrayConcat([program], if(JSONExtractString(process, 'arguments') = '', [], argv))), ' ') AS command,
  JSONExtractString(event, 'policy_name') AS policy,
  multiIf(process_tracepoint IS NOT NULL, concat(JSONExtractString(event, 'subsys'), '/', JSONExtractString(event, 'event')),
    process_uprobe IS NOT NULL, JSONExtractString(event, 'symbol'), process_loader IS NOT NULL, concat('loaded ', JSONExtractString(event, 'path')),
    process_listen IS NOT NULL, concat('listens on port ', JSONExtract(event, 'port', 'String')), JSONExtractString(event, 'function_name')) AS hook
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(process_exec IS NOT NULL, 'launch', process_exit IS NOT NULL, 'exit', 'alert') AS activity,
  program AS process_name,
  if(startsWith(binary, '/'), binary, '') AS process_file_path,
  -- An exit repeats what the start has told.
  if(process_exit IS NULL AND program != '', mask_credentials(command), '') AS cmd_line,
  NOT hasAny(flags, ['truncArgs', 'truncFilename', 'errorArgs', 'errorFilename']) AS cmd_line_complete,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  extract(JSONExtractString(event, 'parent', 'binary'), '([^/]*)/?$') AS parent_process_name,
  JSONExtractString(process, 'user', 'name') AS user_name,
  multiIf(
    process_throttle IS NOT NULL, concat(JSONExtractString(ifNull(process_throttle, ''), 'type'), ' ', JSONExtractString(ifNull(process_throttle, ''), 'cgroup')),
    rate_limit_info IS NOT NULL, concat('events left out: ', rate_limit_info),
    process_exec IS NOT NULL OR process_exit IS NOT NULL, '',
    policy != '', concat(policy, ': ', hook), hook) AS rule,
  if(JSONExtractString(pod_of, 'container', 'id') != '', replaceRegexpOne(JSONExtractString(pod_of, 'container', 'id'), '^[a-z0-9-]+://', ''), JSONExtractString(process, 'docker')) AS container_uid,
  JSONExtractString(pod_of, 'container', 'name') AS container_name,
  JSONExtractString(pod_of, 'container', 'image', 'name') AS container_image,
  JSONExtractString(pod_of, 'name') AS pod,
  JSONExtractString(pod_of, 'namespace') AS namespace,
  ifNull(node_name, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    event = '' AND process_throttle IS NULL AND rate_limit_info IS NULL, if(isValidUTF8(raw), 'not a Tetragon event that is known', 'not valid UTF-8'),
    event != '' AND process = '', 'the event names no process',
    happened IS NULL, concat('time is no time: ', ifNull(told, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', told),
    process != '' AND NOT ifNull(process_id < 4294967296, 0), concat('pid is out of range: ', ifNull(JSONExtract(process, 'pid', 'Nullable(String)'), 'missing')),
    '') AS reject
FROM (SELECT * EXCEPT(time), time AS time_text FROM {{input}})
