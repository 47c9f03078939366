-- osquery's process_events: every value is text, or a number with logger_numerics.
WITH
  -- One row of a result: `columns` where each has a line of its own, else an element of a batch or of a snapshot.
  coalesce(columns, added, snapshot, '') AS own,
  to_time(JSONExtract(own, 'time', 'Nullable(String)')) AS told_at,
  -- Whole seconds; the time of the query where the row has none.
  coalesce(told_at, to_time(unixTime)) AS happened,
  JSONExtract(own, 'pid', 'Nullable(String)') AS pid_text,
  to_count(pid_text) AS process_id,
  JSONExtractString(own, 'syscall') AS call,
  JSONExtract(JSONExtractString(own, 'json_cmdline'), 'Array(String)') AS arguments,
  notEmpty(arguments) AS is_list,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), arguments), ' ') AS quoted,
  call = '' OR startsWith(call, 'exec') AS is_launch
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(is_launch, 'launch', call) AS activity,
  extract(JSONExtractString(own, 'path'), '([^/]*)/?$') AS process_name,
  JSONExtractString(own, 'path') AS process_file_path,
  if(is_launch, mask_credentials(if(is_list, quoted, JSONExtractString(own, 'cmdline'))), '') AS cmd_line,
  cmd_line != '' AND NOT is_list AS cmd_line_joined,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  ifNull(JSONExtract(own, 'uid', 'Nullable(String)'), '') AS user_name,
  1 AS time_error,
  coalesce(hostIdentifier, hostname, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    NOT JSONHas(own, 'cmdline'), if(isValidUTF8(raw), 'not a row of process_events: no cmdline', 'not valid UTF-8'),
    happened IS NULL, concat('no time: time is ', substringUTF8(JSONExtractString(own, 'time'), 1, 80), ', unixTime is ', substringUTF8(ifNull(unixTime, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('time is out of range: ', toString(happened)),
    NOT ifNull(process_id < 4294967296, 0), concat('pid is out of range: ', substringUTF8(ifNull(pid_text, 'missing'), 1, 80)),
    '') AS reject
FROM (SELECT * EXCEPT(`diffResults.added`), `diffResults.added` AS added FROM {{input}})
