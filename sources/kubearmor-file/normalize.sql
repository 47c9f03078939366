-- KubeArmor's alerts and logs on files: Resource is the path, Data says what was called and how.
WITH
  coalesce(to_time(UpdatedTime), to_time(Timestamp)) AS happened,
  lower(ifNull(Data, '')) AS how,
  ifNull(Resource, '') AS path,
  to_count(ifNull(HostPID, PID)) AS process_id
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(
    ifNull(Result, 'Passed') != 'Passed', 'failed',
    match(how, 'unlink|rmdir'), 'delete',
    match(how, 'o_(?:wronly|rdwr|creat|trunc|append)|rename|truncate|mknod|path_(?:link|symlink)'), 'open_write',
    match(how, 'o_rdonly'), 'read',
    'open') AS activity,
  path AS file_path,
  extract(if(ProcessName IS NULL, extract(ifNull(Source, ''), '^[^ ]*'), ProcessName), '([^/]*)/?$') AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  ifNull(ContainerID, '') AS container_uid,
  if(activity = 'read', credential_kind(path), '') AS session_uid,
  ifNull(HostName, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    Operation IS NULL OR Resource IS NULL, if(isValidUTF8(raw), 'not a KubeArmor event: no Operation or no Resource', 'not valid UTF-8'),
    happened IS NULL, concat('no time: UpdatedTime is ', coalesce(UpdatedTime, Timestamp, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', coalesce(UpdatedTime, Timestamp)),
    NOT ifNull(process_id < 4294967296, 0), concat('HostPID is out of range: ', coalesce(HostPID, PID, 'missing')),
    path = '', 'the event names no file',
    '') AS reject
FROM {{input}}
