-- Falco JSON: output_fields holds what the rule's output names, keyed "proc.cmdline"; absent, null and "<NA>" all mean unknown.
WITH
  mapApply((key, value) -> (key, if(value IN ('null', '<NA>'), '', value)), JSONExtract(ifNull(output_fields, ''), 'Map(String, String)')) AS field,
  -- The alert's own time; an output passed on without it still has the event's, in nanoseconds.
  coalesce(to_time(time_text), to_time(field['evt.time.iso8601']), if(match(field['evt.time'], '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(field['evt.time']), 1000), 'UTC'), NULL)) AS happened,
  field['container.image.repository'] AS repository,
  field['container.image.tag'] AS tag,
  field['container.image.digest'] AS digest,
  to_count(field['proc.pid']) AS process_id,
  multiIf(field['proc.name'] != '', field['proc.name'], extract(if(field['proc.exepath'] != '', field['proc.exepath'], field['proc.exe']), '([^/]*)/?$')) AS program,
  multiIf(
    field['proc.cmdline'] != '', field['proc.cmdline'],
    field['proc.exeline'] != '', field['proc.exeline'],
    field['proc.args'] != '' AND program != '', concat(program, ' ', field['proc.args']),
    '') AS command
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(field['evt.type'] IN ('execve', 'execveat', 'posix_spawn'), 'launch', 'alert') AS activity,
  program AS process_name,
  if(field['proc.exepath'] != '', field['proc.exepath'], if(startsWith(field['proc.exe'], '/'), field['proc.exe'], '')) AS process_file_path,
  mask_credentials(command) AS cmd_line,
  -- The drivers keep 4,096 bytes of the arguments.
  length(command) < 4096 AS cmd_line_complete,
  command != '' AS cmd_line_joined,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  field['proc.pname'] AS parent_process_name,
  field['user.name'] AS user_name,
  ifNull(rule_text, '') AS rule,
  multiIf(field['container.id'] = 'host', '', field['container.full_id'] != '', field['container.full_id'], field['container.id']) AS container_uid,
  if(field['container.name'] = 'host', '', field['container.name']) AS container_name,
  multiIf(
    repository != '' AND tag != '', concat(repository, ':', tag),
    repository != '' AND digest != '', concat(repository, '@', digest),
    repository != '', repository,
    field['container.image']) AS container_image,
  field['k8s.pod.name'] AS pod,
  field['k8s.ns.name'] AS namespace,
  ifNull(hostname, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    rule_text IS NULL OR output_fields IS NULL, if(isValidUTF8(raw), 'not a Falco alert: no rule or no output_fields', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(time_text, field['evt.time'])),
    '') AS reject
FROM (SELECT line_number, raw, hostname, output_fields, rule AS rule_text, time AS time_text FROM {{input}})
