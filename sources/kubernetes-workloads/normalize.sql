-- Workloads: the record is the object; a row with `element` is one container of its template, with the object around it.
WITH
  ifNull(metadata, '') AS meta,
  ifNull(spec_text, '') AS spec,
  ifNull(status_text, '') AS status,
  ifNull(element, '') AS own,
  ifNull(kind_text, '') AS kind,
  element IS NOT NULL AS is_container,
  JSONExtractString(meta, 'name') AS object_name,
  JSONExtractString(meta, 'namespace') AS object_namespace,
  JSONExtractString(meta, 'uid') AS object_uid,
  if(kind = 'CronJob', JSONExtractRaw(spec, 'jobTemplate', 'spec', 'template'), JSONExtractRaw(spec, 'template')) AS template,
  JSONExtractRaw(template, 'spec') AS pod_spec,
  arrayConcat(JSONExtractArrayRaw(pod_spec, 'initContainers'), JSONExtractArrayRaw(pod_spec, 'containers')) AS all_containers,
  to_time(JSONExtractString(meta, 'creationTimestamp')) AS created,
  arrayFirst(one -> JSONExtractString(one, 'type') IN ('Complete', 'Failed') AND JSONExtractString(one, 'status') = 'True', JSONExtractArrayRaw(status, 'conditions')) AS last_condition,
  if(kind = 'Job', coalesce(to_time(JSONExtractString(status, 'completionTime')), to_time(JSONExtractString(last_condition, 'lastTransitionTime'))), NULL) AS ended,
  JSONExtractRaw(own, 'securityContext') AS security,
  -- Quoted as a shell would need them, so that the command can be taken apart again.
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')),
    arrayConcat(JSONExtract(own, 'command', 'Array(String)'), JSONExtract(own, 'args', 'Array(String)'))), ' ') AS command,
  -- The lambda below copies the volumes for each mount.
  arraySlice(JSONExtractArrayRaw(pod_spec, 'volumes'), 1, 256) AS volumes,
  arrayMap(mount -> (mount, arrayFirst(volume -> JSONExtractString(volume, 'name') = JSONExtractString(mount, 'name'), volumes)), arraySlice(JSONExtractArrayRaw(own, 'volumeMounts'), 1, 256)) AS mounted,
  -- The object's own labels, those of its pods, and when a CronJob runs.
  mapUpdate(
    mapUpdate(JSONExtract(meta, 'labels', 'Map(String, String)'), JSONExtract(template, 'metadata', 'labels', 'Map(String, String)')),
    mapFilter((key, value) -> value NOT IN ('', 'false'), map(
      'spec.schedule', JSONExtractString(spec, 'schedule'), 'spec.timeZone', JSONExtractString(spec, 'timeZone'), 'spec.suspend', if(kind = 'CronJob' AND JSONExtractBool(spec, 'suspend'), 'true', '')))) AS all_labels
SELECT
  if(is_container, concat(object_uid, '/', JSONExtractString(own, 'name')), object_uid) AS container_uid,
  if(is_container, JSONExtractString(own, 'name'), object_name) AS container_name,
  if(is_container, JSONExtractString(own, 'image'), arrayStringConcat(arrayMap(one -> JSONExtractString(one, 'image'), all_containers), ' ')) AS image,
  object_namespace AS namespace,
  concat(object_namespace, '/', object_name) AS workload,
  kind AS owner_kind,
  CAST([], 'Array(Tuple(network String, ip IPv6))') AS addresses,
  ifNull(created, toDateTime64(0, 6, 'UTC')) AS valid_from,
  if(ended IS NULL, toDateTime64('2200-01-01 00:00:00', 6, 'UTC'), greatest(assumeNotNull(ended) + INTERVAL 1 SECOND, valid_from)) AS valid_to,
  if(JSONExtractBool(pod_spec, 'hostNetwork'), 'host', '') AS network_mode,
  JSONExtractBool(security, 'privileged') AS is_privileged,
  arrayFilter(name -> name != '' AND JSONExtractBool(pod_spec, name), ['hostPID', 'hostIPC']) AS host_namespaces,
  arraySort(arrayConcat(JSONExtract(security, 'capabilities', 'add', 'Array(String)'), arrayMap(name -> concat('-', name), JSONExtract(security, 'capabilities', 'drop', 'Array(String)')))) AS capabilities,
  mask_credentials(command) AS cmd_line,
  arrayFilter(one -> one != '', arrayMap(one -> multiIf(
    JSONHas(one.2, 'hostPath'), concat('bind:', JSONExtractString(one.2, 'hostPath', 'path'), ':', JSONExtractString(one.1, 'mountPath')),
    JSONHas(one.2, 'persistentVolumeClaim'), concat('volume:', object_namespace, '/', JSONExtractString(one.2, 'persistentVolumeClaim', 'claimName'), ':', JSONExtractString(one.1, 'mountPath')),
    JSONHas(one.2, 'nfs'), concat('nfs:', JSONExtractString(one.2, 'nfs', 'server'), JSONExtractString(one.2, 'nfs', 'path'), ':', JSONExtractString(one.1, 'mountPath')),
    ''), mounted)) AS mounts,
  mapApply((key, value) -> (key, mask_credentials(value)), all_labels) AS labels,
  line_number AS line,
  raw,
  multiIf(
    object_name = '' OR object_uid = '' OR kind = '', if(isValidUTF8(raw), 'not a workload: no kind, no name or no uid', 'not valid UTF-8'),
    is_container AND JSONExtractString(own, 'name') = '', 'not a container: no name',
    length(JSONExtractArrayRaw(pod_spec, 'volumes')) > 256 OR length(JSONExtractArrayRaw(own, 'volumeMounts')) > 256, 'more than 256 volumes or mounts',
    created IS NULL, concat('creationTimestamp is no time: ', JSONExtractString(meta, 'creationTimestamp')),
    is_absurd_time(created), concat('creationTimestamp is out of range: ', JSONExtractString(meta, 'creationTimestamp')),
    ifNull(is_absurd_time(ended), 0), concat('end is out of range: ', toString(ended)),
    '') AS reject
FROM (SELECT line_number, raw, kind AS kind_text, metadata, element, spec AS spec_text, status AS status_text FROM {{input}})
