-- Inspektor Gadget's trace_tcp: src is the process's own end, and so the server's in an accept.
WITH
  -- Image-based gadgets write k8s and runtime; built-in ones of the years before wrote the same at the top.
  ifNull(k8s, '') AS cluster,
  ifNull(runtime, '') AS engine,
  coalesce(nullIf(JSONExtractString(cluster, 'podName'), ''), nullIf(JSONExtractString(cluster, 'pod'), ''), pod_text, '') AS pod_name,
  coalesce(nullIf(JSONExtractString(cluster, 'namespace'), ''), namespace_text, '') AS pod_namespace,
  coalesce(nullIf(JSONExtractString(engine, 'containerName'), ''), nullIf(JSONExtractString(cluster, 'containerName'), ''), nullIf(JSONExtractString(cluster, 'container'), ''), container, '') AS container_called,
  JSONExtractString(engine, 'containerId') AS container_id,
  coalesce(nullIf(JSONExtractString(cluster, 'node'), ''), node_text, '') AS node_name,
  -- Nanoseconds of the epoch, or text; a small number counts from boot.
  arrayFirst(one -> one IS NOT NULL, arrayMap(text -> if(match(ifNull(text, ''), '^[0-9]{19}$'), fromUnixTimestamp64Micro(toInt64(intDiv(toUInt64OrZero(text), 1000)), 'UTC'),
    if(match(ifNull(text, ''), '^[0-9]+$'), NULL, to_time(text))), [timestamp_raw, timestamp_text])) AS happened,
  if(type = 'accept', dst, src) AS client,
  if(type = 'accept', src, dst) AS server,
  coalesce(nullIf(error, ''), nullIf(error_raw, '0'), '') AS failure,
  to_ip(JSONExtractString(ifNull(client, ''), 'addr')) AS client_ip,
  to_ip(JSONExtractString(ifNull(server, ''), 'addr')) AS server_ip,
  to_port(JSONExtract(ifNull(client, ''), 'port', 'Nullable(String)')) AS client_port,
  to_port(JSONExtract(ifNull(server, ''), 'port', 'Nullable(String)')) AS server_port
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  time AS end_time,
  ifNull(client_ip, toIPv6('::')) AS src_endpoint_ip,
  ifNull(client_port, 0) AS src_endpoint_port,
  ifNull(server_ip, toIPv6('::')) AS dst_endpoint_ip,
  ifNull(server_port, 0) AS dst_endpoint_port,
  'tcp' AS connection_info_protocol_name,
  toUInt8(0) AS has_bytes,
  'start' AS view,
  failure AS connection_state,
  -- At the source's end.
  multiIf(type = 'accept', '', container_id = '', 'host', container_id) AS container_uid,
  node_name AS node,
  line_number AS line,
  raw,
  multiIf(
    ifNull(type, '') NOT IN ('connect', 'accept'), if(isValidUTF8(raw), 'type is neither connect nor accept', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time of day: ', substringUTF8(coalesce(timestamp_text, timestamp_raw, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('timestamp is out of range: ', substringUTF8(coalesce(timestamp_text, timestamp_raw), 1, 80)),
    client_ip IS NULL OR server_ip IS NULL, 'the event names no two addresses',
    client_port IS NULL OR server_port IS NULL, 'the event names no two ports',
    '') AS reject
FROM (SELECT * EXCEPT(pod, namespace, node, timestamp), pod AS pod_text, namespace AS namespace_text, node AS node_text, timestamp AS timestamp_text FROM {{input}})
