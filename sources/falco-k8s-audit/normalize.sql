-- Falco's Kubernetes audit plug-in: an alert whose output names fields of an audit event, keyed "ka.verb".
WITH
  mapApply((key, value) -> (key, if(value IN ('null', '<NA>'), '', value)), JSONExtract(ifNull(output_fields, ''), 'Map(String, String)')) AS field,
  coalesce(to_time(time_text), if(match(field['evt.time'], '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(field['evt.time']), 1000), 'UTC'), NULL)) AS happened,
  field['ka.target.resource'] AS resource,
  field['ka.uri'] AS uri,
  arrayMap(word -> decodeURLFormComponent(word), extractAll(uri, '[?&]command=([^&#]*)')) AS argv,
  -- Quoted as a shell would need them. The parameter alone is one word of the command.
  if(notEmpty(argv), arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), argv), ' '), field['ka.uri.param[command]']) AS command,
  to_count(field['ka.response.code']) AS code,
  -- toJSONString writes / as \/.
  replaceAll(concat('{"rule":', toJSONString(ifNull(rule_text, '')), ',"audit_id":', toJSONString(field['ka.auditid']), ',"stage":', toJSONString(field['ka.stage']),
    ',"path":', toJSONString(substringUTF8(mask_credentials(cutQueryString(uri)), 1, 500)), ',"user_agent":', toJSONString(substringUTF8(field['ka.useragent'], 1, 300)),
    ',"impersonated_user":', toJSONString(field['ka.impuser.name']), ',"decision":', toJSONString(field['ka.auth.decision']),
    ',"output":', toJSONString(substringUTF8(mask_credentials(ifNull(output, '')), 1, 2000)), '}'), '\\/', '/') AS told
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(field['ka.verb'] = '', 'alert', field['ka.verb']) AS api_operation,
  if(resource = '', 'non-resource', resource) AS resource_type,
  multiIf(field['ka.target.name'] != '', field['ka.target.name'], field['ka.resp.name'] != '', field['ka.resp.name'], resource = '', mask_credentials(cutQueryString(uri)), '') AS resource_name,
  field['ka.target.namespace'] AS namespace,
  field['ka.target.subresource'] AS subresource,
  field['ka.user.name'] AS actor_user_name,
  ifNull(to_ip(extract(field['ka.sourceips'], '[0-9A-Fa-f:.]+')), toIPv6('::')) AS src_endpoint_ip,
  toUInt16(if(code < 1000, code, 0)) AS http_status,
  mask_credentials(command) AS cmd_line,
  empty(argv) AND command != '' AS cmd_line_joined,
  match(uri, '[?&]tty=(true|1)(&|$)') AND match(uri, '[?&]stdin=(true|1)(&|$)') AS is_interactive,
  if(notEmpty(argv), decodeURLFormComponent(extract(uri, '[?&]container=([^&#]*)')), '') AS container_name,
  -- One image, or "(a,b)" of several containers.
  replaceAll(trim(BOTH '()' FROM field['ka.req.pod.containers.image']), ',', ' ') AS container_image,
  mask_credentials(told) AS detail,
  ifNull(hostname, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    rule_text IS NULL OR output_fields IS NULL, if(isValidUTF8(raw), 'not a Falco alert: no rule or no output_fields', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(time_text, field['evt.time'])),
    '') AS reject
FROM (SELECT line_number, raw, hostname, output, output_fields, rule AS rule_text, time AS time_text FROM {{input}})
