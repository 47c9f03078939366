-- CRI: an element of `crictl ps`, or what `crictl inspect` and `inspectp` say of one container or pod.
WITH
  containers IS NOT NULL AS is_listed,
  if(is_listed, ifNull(containers, ''), ifNull(status, '')) AS own,
  ifNull(info, '') AS facts,
  JSONHas(own, 'network') OR JSONHas(own, 'metadata', 'namespace') AS is_pod,
  JSONExtractString(own, 'id') AS id,
  JSONExtract(own, 'labels', 'Map(String, String)') AS all_labels,
  if(is_pod, JSONExtractString(own, 'metadata', 'name'), all_labels['io.kubernetes.pod.name']) AS pod_name,
  if(is_pod, JSONExtractString(own, 'metadata', 'namespace'), all_labels['io.kubernetes.pod.namespace']) AS pod_namespace,
  pod_owner(pod_name) AS owner,
  arrayMap(
    text -> if(match(text, '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(text), 1000), 'UTC'), to_time(text)),
    [JSONExtractString(own, 'createdAt'), JSONExtractString(own, 'startedAt'), JSONExtractString(own, 'finishedAt')]) AS told,
  -- A date in year 1 or 1970 means "never".
  arrayMap(moment -> if(moment > toDateTime64('1971-01-01 00:00:00', 6, 'UTC'), moment, NULL), told) AS moments,
  coalesce(moments[2], moments[1]) AS began,
  JSONExtractString(own, 'state') IN ('CONTAINER_EXITED', 'SANDBOX_NOTREADY') AS is_over,
  arrayFirst(text -> text != '' AND NOT startsWith(text, 'sha256:'), [
    JSONExtractString(own, 'image', 'userSpecifiedImage'), JSONExtractString(own, 'image', 'image'), JSONExtractString(own, 'imageRef')]) AS image_name,
  extract(concat(JSONExtractString(own, 'imageRef'), ' ', JSONExtractString(own, 'image', 'image')), 'sha256:[0-9a-f]{64}') AS digest,
  JSONExtract(facts, 'runtimeSpec', 'process', 'args', 'Array(String)') AS argv,
  -- Quoted as a shell would need them, so that the command can be taken apart again.
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), argv), ' ') AS command,
  JSONExtractArrayRaw(own, 'mounts') AS mount_list,
  JSONExtractString(own, 'linux', 'namespaces', 'options', 'network') = 'NODE' AS is_on_host,
  arrayFilter(text -> to_ip(text) IS NOT NULL, arrayConcat([JSONExtractString(own, 'network', 'ip')],
    arrayMap(one -> JSONExtractString(one, 'ip'), JSONExtractArrayRaw(own, 'network', 'additionalIps')))) AS pod_addresses
SELECT
  id AS container_uid,
  if(is_pod, pod_name, JSONExtractString(own, 'metadata', 'name')) AS container_name,
  image_name AS image,
  digest AS image_digest,
  pod_name AS pod,
  pod_namespace AS namespace,
  if(pod_name = '', container_name, concat(pod_namespace, '/', owner[2])) AS workload,
  if(pod_name = '', 'name', owner[1]) AS owner_kind,
  if(is_on_host, [], arrayMap(text -> ('pods', assumeNotNull(to_ip(text))), pod_addresses)) AS addresses,
  ifNull(began, toDateTime64(0, 6, 'UTC')) AS valid_from,
  if(is_over AND NOT is_pod AND moments[3] >= began, assumeNotNull(moments[3]), toDateTime64('2200-01-01 00:00:00', 6, 'UTC')) AS valid_to,
  if(is_on_host, 'host', '') AS network_mode,
  JSONExtractBool(facts, 'privileged') OR JSONExtractBool(facts, 'config', 'linux', 'security_context', 'privileged') AS is_privileged,
  arrayFilter(name -> name != '', [
    if(JSONExtractString(own, 'linux', 'namespaces', 'options', 'pid') = 'NODE', 'hostPID', ''), if(JSONExtractString(own, 'linux', 'namespaces', 'options', 'ipc') = 'NODE', 'hostIPC', '')]) AS host_namespaces,
  if(is_pod, '', mask_credentials(command)) AS cmd_line,
  arrayMap(mount -> concat('bind:', JSONExtractString(mount, 'hostPath'), ':', JSONExtractString(mount, 'containerPath')), mount_list) AS mounts,
  mapApply((key, value) -> (key, mask_credentials(value)), all_labels) AS labels,
  line_number AS line,
  raw,
  multiIf(
    id = '', if(isValidUTF8(raw), 'not a container: no id', 'not valid UTF-8'),
    NOT match(id, '^[0-9a-f]{64}$'), concat('id is no container id: ', substringUTF8(id, 1, 80)),
    container_name = '', 'no name',
    began IS NULL, concat('no time: createdAt is ', JSONExtractString(own, 'createdAt')),
    is_absurd_time(began), concat('time is out of range: ', JSONExtractString(own, 'createdAt')),
    '') AS reject
FROM {{input}}
