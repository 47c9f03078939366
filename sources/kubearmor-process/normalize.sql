-- KubeArmor's alerts and logs: Resource is what was asked for, Source the command of the process that asked.
WITH
  coalesce(to_time(UpdatedTime), to_time(Timestamp)) AS happened,
  Operation = 'Process' AS is_exec,
  ifNull(Result, 'Passed') = 'Passed' AS is_done,
  if(is_exec, ifNull(Resource, ''), ifNull(Source, '')) AS command,
  extract(extract(command, '^[^ ]*'), '([^/]*)/?$') AS program,
  to_count(ifNull(HostPID, PID)) AS process_id
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(is_exec AND is_done, 'launch', is_exec, 'launch_failed', 'alert') AS activity,
  program AS process_name,
  if(startsWith(command, '/'), extract(command, '^[^ ]*'), '') AS process_file_path,
  -- What was refused has sent nothing.
  if(is_done, mask_credentials(command), '') AS cmd_line,
  is_done AND command != '' AS cmd_line_joined,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  extract(ifNull(ParentProcessName, ''), '([^/]*)/?$') AS parent_process_name,
  mask_credentials(arrayStringConcat(arrayFilter(part -> part != '', [ifNull(PolicyName, ''), if(is_exec, '', ifNull(Operation, '')), if(is_done, '', ifNull(Result, '')), if(is_exec AND is_done, '', ifNull(Resource, ''))]), ': ')) AS rule,
  ifNull(ContainerID, '') AS container_uid,
  ifNull(ContainerName, '') AS container_name,
  ifNull(ContainerImage, '') AS container_image,
  ifNull(PodName, '') AS pod,
  ifNull(NamespaceName, '') AS namespace,
  ifNull(HostName, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    Operation IS NULL OR Resource IS NULL, if(isValidUTF8(raw), 'not a KubeArmor event: no Operation or no Resource', 'not valid UTF-8'),
    happened IS NULL, concat('no time: UpdatedTime is ', coalesce(UpdatedTime, Timestamp, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', coalesce(UpdatedTime, Timestamp)),
    NOT ifNull(process_id < 4294967296, 0), concat('HostPID is out of range: ', coalesce(HostPID, PID, 'missing')),
    '') AS reject
FROM {{input}}
