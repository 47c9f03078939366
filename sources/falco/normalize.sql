-- Falco JSON: output_fields holds what the rule's output names, keyed "proc.cmdline"; absent, null and "<NA>" all mean unknown.
WITH
  to_time(time_text) AS happened,
  ifNull(output_fields, '') AS fields,
  mapApply((key, value) -> (key, if(value IN ('null', '<NA>'), '', value)), JSONExtract(fields, 'Map(String, String)')) AS field,
  field['container.image.repository'] AS repository,
  field['container.image.tag'] AS tag
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(field['evt.type'] IN ('execve', 'execveat', 'posix_spawn'), 'launch', 'alert') AS activity,
  field['proc.name'] AS process_name,
  if(field['proc.exepath'] != '', field['proc.exepath'], if(startsWith(field['proc.exe'], '/'), field['proc.exe'], '')) AS process_file_path,
  mask_credentials(field['proc.cmdline']) AS cmd_line,
  toUInt32(if(to_count(field['proc.pid']) < 4294967296, to_count(field['proc.pid']), 0)) AS pid,
  field['proc.pname'] AS parent_process_name,
  field['user.name'] AS user_name,
  ifNull(rule_text, '') AS rule,
  if(field['container.id'] = 'host', '', field['container.id']) AS container_uid,
  if(field['container.name'] = 'host', '', field['container.name']) AS container_name,
  multiIf(
    repository != '' AND tag != '', concat(repository, ':', tag),
    repository != '', repository,
    field['container.image']) AS container_image,
  field['k8s.pod.name'] AS pod,
  field['k8s.ns.name'] AS namespace,
  line_number AS line,
  raw,
  multiIf(
    rule_text IS NULL OR output_fields IS NULL, if(isValidUTF8(raw), 'not a Falco alert: no rule or no output_fields', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', time_text),
    '') AS reject
FROM (SELECT line_number, raw, output_fields, rule AS rule_text, time AS time_text FROM {{input}})
