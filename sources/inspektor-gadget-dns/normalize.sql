-- Inspektor Gadget's trace_dns: a packet goes from src to dst. qr is Q or R; pkt_type tells on which side of it the container is.
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
  qr = 'R' AS is_answer,
  if(is_answer, dst, src) AS client,
  if(is_answer, src, dst) AS server,
  to_ip(JSONExtractString(ifNull(client, ''), 'addr')) AS client_ip,
  to_ip(JSONExtractString(ifNull(server, ''), 'addr')) AS server_ip,
  to_port(JSONExtract(ifNull(client, ''), 'port', 'Nullable(String)')) AS client_port,
  to_port(JSONExtract(ifNull(server, ''), 'port', 'Nullable(String)')) AS server_port
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(client_ip, toIPv6('::')) AS src_endpoint_ip,
  ifNull(client_port, 0) AS src_endpoint_port,
  ifNull(server_ip, toIPv6('::')) AS dst_endpoint_ip,
  ifNull(server_port, 0) AS dst_endpoint_port,
  lower(replaceRegexpOne(ifNull(name, ''), '[.]$', '')) AS query_hostname,
  ifNull(qtype, '') AS query_type,
  if(is_answer, transform(ifNull(rcode_text, ''), ['Success', 'FormatError', 'ServerFailure', 'NameError', 'NotImplemented', 'Refused'],
    ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'], ifNull(rcode_text, '')), '') AS rcode,
  if(is_answer, arrayFilter(one -> one != '', splitByChar(',', ifNull(addresses, ''))), []) AS answers,
  ifNull(id, '') AS session_uid,
  if(pkt_type = if(is_answer, 'HOST', 'OUTGOING'), container_id, '') AS container_uid,
  node_name AS node,
  line_number AS line,
  raw,
  multiIf(
    ifNull(qr, '') NOT IN ('Q', 'R'), if(isValidUTF8(raw), 'qr is neither Q nor R', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time of day: ', substringUTF8(coalesce(timestamp_text, timestamp_raw, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('timestamp is out of range: ', substringUTF8(coalesce(timestamp_text, timestamp_raw), 1, 80)),
    client_ip IS NULL OR server_ip IS NULL, 'the event names no two addresses',
    client_port IS NULL OR server_port IS NULL, 'the event names no two ports',
    '') AS reject
FROM (SELECT * EXCEPT(pod, namespace, node, timestamp, rcode), pod AS pod_text, namespace AS namespace_text, node AS node_text, timestamp AS timestamp_text, rcode AS rcode_text FROM {{input}})
