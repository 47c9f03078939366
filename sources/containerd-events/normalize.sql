-- ctr events: "2026-11-21 08:00:00.123456789 +0000 UTC k8s.io /tasks/start {…}". The word behind the offset is the zone's name.
WITH
  extractGroups(raw_text, '^(\\S+ \\S+) ([+-]\\d{4}) \\S+ (\\S+) /([a-z]+)/(\\S+) (\\{.*)$') AS parts,
  length(parts) = 6 AS is_event,
  to_time(concat(parts[1], parts[2])) AS happened,
  parts[4] AS kind,
  parts[5] AS topic,
  parts[6] AS body,
  isValidJSON(body) AS is_body,
  if(kind = 'containers', JSONExtractString(body, 'id'), JSONExtractString(body, 'container_id')) AS container,
  JSONExtractString(body, 'exec_id') AS exec_id,
  JSONExtractString(body, 'id') AS own_id
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(
    kind = 'tasks' AND topic = 'exit' AND own_id IN ('', container), 'die',
    kind = 'tasks' AND topic = 'create', 'task-create',
    kind = 'containers' AND topic = 'delete', 'destroy',
    topic) AS api_operation,
  multiIf(kind IN ('containers', 'tasks'), 'container', kind = 'images', 'image', kind) AS resource_type,
  multiIf(container != '', container, kind = 'snapshot', JSONExtractString(body, 'key'), '') AS resource_uid,
  multiIf(kind IN ('images', 'namespaces'), JSONExtractString(body, 'name'), exec_id != '', exec_id, container) AS resource_name,
  parts[3] AS namespace,
  container AS container_uid,
  if(kind = 'containers', JSONExtractString(body, 'image'), '') AS container_image,
  substringUTF8(mask_credentials(body), 1, 4000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    NOT is_event, if(isValidUTF8(raw_text), 'not an event of containerd', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', substringUTF8(parts[1], 1, 80)),
    is_absurd_time(happened), concat('time is out of range: ', substringUTF8(parts[1], 1, 80)),
    NOT is_body, 'cut off: what follows the topic is no JSON',
    kind IN ('containers', 'tasks') AND container = '', 'the event names no container',
    '') AS reject
FROM (SELECT line_number, raw, raw AS raw_text FROM {{input}})
