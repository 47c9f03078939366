-- Tracee's JSON output: an event about a file.
WITH
  if(match(time_text, '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(time_text), 1000), 'UTC'), if(match(time_text, '^[0-9]+$'), NULL, to_time(time_text))) AS happened,
  mapFromArrays(
    arrayMap(argument -> JSONExtractString(argument, 'name'), JSONExtractArrayRaw(ifNull(args, ''))),
    arrayMap(argument -> ifNull(JSONExtract(argument, 'value', 'Nullable(String)'), ''), JSONExtractArrayRaw(ifNull(args, '')))) AS argument,
  to_count(ifNull(hostProcessId, processId)) AS process_id,
  if(argument['syscall_pathname'] != '' AND argument['pathname'] = '', argument['syscall_pathname'], argument['pathname']) AS path,
  argument['flags'] AS flags,
  ifNull(toInt64OrNull(returnValue), 0) AS returned
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(
    returned < 0, 'failed',
    eventName IN ('vfs_write', 'vfs_writev') AND returned > 0, 'write',
    eventName IN ('vfs_write', 'vfs_writev', 'magic_write', 'creat', 'security_inode_rename'), 'open_write',
    eventName IN ('vfs_read', 'vfs_readv'), 'read',
    eventName IN ('unlink', 'unlinkat', 'security_inode_unlink'), 'delete',
    -- Flags are words, or a number when Tracee was told not to parse them.
    match(flags, 'O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)') OR bitAnd(ifNull(to_count(flags), 0), 3) != 0, 'open_write',
    match(flags, 'O_RDONLY') OR to_count(flags) IS NOT NULL, 'read',
    'open') AS activity,
  path AS file_path,
  if(activity = 'write', toUInt64(returned), 0) AS bytes_written,
  ifNull(processName, '') AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  if(JSONExtractString(ifNull(container, ''), 'id') != '', JSONExtractString(ifNull(container, ''), 'id'), ifNull(containerId, '')) AS container_uid,
  if(activity = 'read', credential_kind(path), '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    eventName IS NULL OR args IS NULL, if(isValidUTF8(raw), 'not a Tracee event: no eventName or no args', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time since 1970: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('timestamp is out of range: ', time_text),
    NOT ifNull(process_id < 4294967296, 0), concat('the process id is out of range: ', coalesce(hostProcessId, processId, 'missing')),
    path = '', 'the event names no file',
    '') AS reject
FROM (SELECT * EXCEPT(timestamp), timestamp AS time_text FROM {{input}})
