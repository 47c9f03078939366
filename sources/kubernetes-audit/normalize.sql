-- audit.k8s.io Event: one a line (or one of an EventList). A command is in the URI of an exec, or in the pod that was asked for:
-- spec of a Pod, spec.template.spec of its controllers, spec.jobTemplate.spec.template.spec of a CronJob.
WITH
  ifNull(objectRef, '') AS object,
  ifNull(requestURI, '') AS uri,
  ifNull(requestObject, '') AS request,
  coalesce(to_time(requestReceivedTimestamp), to_time(stageTimestamp)) AS received,
  arrayMap(word -> decodeURLFormComponent(word), extractAll(uri, '[?&]command=([^&#]*)')) AS exec_argv,
  multiIf(
    JSONHas(request, 'spec', 'containers') OR JSONHas(request, 'spec', 'ephemeralContainers'), JSONExtractRaw(request, 'spec'),
    JSONHas(request, 'spec', 'template', 'spec'), JSONExtractRaw(request, 'spec', 'template', 'spec'),
    JSONExtractRaw(request, 'spec', 'jobTemplate', 'spec', 'template', 'spec')) AS pod_spec,
  arrayConcat(JSONExtractArrayRaw(pod_spec, 'initContainers'), JSONExtractArrayRaw(pod_spec, 'containers'), JSONExtractArrayRaw(pod_spec, 'ephemeralContainers')) AS containers,
  arrayFilter(argv -> length(argv) > 0, arrayConcat([exec_argv], arrayMap(
    container -> arrayConcat(JSONExtract(container, 'command', 'Array(String)'), JSONExtract(container, 'args', 'Array(String)')), containers))) AS commands,
  -- Quoted as a shell would need them; several containers are told apart by a semicolon.
  arrayStringConcat(arrayMap(argv -> arrayStringConcat(arrayMap(
    word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), argv), ' '), commands), '; ') AS command,
  JSONExtractString(object, 'resource') AS resource,
  JSONExtractString(object, 'subresource') AS sub,
  resource IN ('secrets', 'tokenreviews', 'certificatesigningrequests') OR sub = 'token' AS is_secret,
  -- Values of environment variables, also in the copy that kubectl apply keeps of the whole object.
  replaceRegexpAll(replaceRegexpAll(request,
    '("kubectl[.]kubernetes[.]io/last-applied-configuration":\\s*")(?:[^"\\\\]|\\\\.)*"', '\\1***"'),
    '("value":\\s*")(?:[^"\\\\]|\\\\.)*"', '\\1***"') AS shown_request,
  arrayFilter(risk -> risk != '', [
    if(match(request, '"privileged":\\s*true'), 'privileged', ''),
    if(match(request, '"hostNetwork":\\s*true'), 'hostNetwork', ''),
    if(match(request, '"hostPID":\\s*true'), 'hostPID', ''),
    if(match(request, '"hostPath":\\s*\\{'), 'hostPath', '')]) AS risks,
  -- toJSONString writes / as \/.
  replaceAll(concat('{"stage":', toJSONString(ifNull(stage, '')), ',"audit_id":', toJSONString(ifNull(auditID, '')),
    ',"level":', toJSONString(ifNull(level, '')), ',"path":', toJSONString(substringUTF8(mask_credentials(cutQueryString(uri)), 1, 500)),
    ',"user_agent":', toJSONString(substringUTF8(ifNull(userAgent, ''), 1, 300)),
    ',"impersonated_user":', toJSONString(JSONExtractString(ifNull(impersonatedUser, ''), 'username')),
    ',"decision":', toJSONString(JSONExtractString(ifNull(annotations, ''), 'authorization.k8s.io/decision')),
    ',"risks":', toJSONString(risks)), '\\/', '/') AS facts,
  mask_credentials(concat(facts, ',"request":', shown_request, '}')) AS whole_detail
SELECT
  ifNull(received, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(verb, '') AS api_operation,
  if(resource = '', 'non-resource', resource) AS resource_type,
  JSONExtractString(object, 'uid') AS resource_uid,
  if(resource = '', mask_credentials(cutQueryString(uri)), JSONExtractString(object, 'name')) AS resource_name,
  JSONExtractString(object, 'namespace') AS namespace,
  sub AS subresource,
  JSONExtractString(ifNull(user, ''), 'username') AS actor_user_name,
  ifNull(to_ip(JSONExtract(ifNull(sourceIPs, ''), 'Array(String)')[1]), toIPv6('::')) AS src_endpoint_ip,
  toUInt16(if(JSONExtractUInt(ifNull(responseStatus, ''), 'code') < 1000, JSONExtractUInt(ifNull(responseStatus, ''), 'code'), 0)) AS http_status,
  mask_credentials(command) AS cmd_line,
  match(uri, '[?&]tty=(true|1)(&|$)') AND match(uri, '[?&]stdin=(true|1)(&|$)') AS is_interactive,
  if(length(exec_argv) > 0 OR sub = 'attach', decodeURLFormComponent(extract(uri, '[?&]container=([^&#]*)')), '') AS container_name,
  arrayStringConcat(arrayDistinct(arrayFilter(image -> image != '', arrayMap(container -> JSONExtractString(container, 'image'), containers))), ' ') AS container_image,
  -- Always whole JSON: what is too long leaves the request out.
  if(request != '' AND NOT is_secret AND lengthUTF8(whole_detail) <= 4000, whole_detail, concat(facts, '}')) AS detail,
  line_number AS line,
  raw,
  multiIf(
    auditID IS NULL OR verb IS NULL, if(isValidUTF8(raw), 'not a Kubernetes audit event: no auditID or no verb', 'not valid UTF-8'),
    received IS NULL, concat('no time: requestReceivedTimestamp is ', coalesce(requestReceivedTimestamp, stageTimestamp, 'missing')),
    is_absurd_time(received), concat('time is out of range: ', coalesce(requestReceivedTimestamp, stageTimestamp)),
    user IS NULL, 'no user',
    '') AS reject
FROM {{input}}
