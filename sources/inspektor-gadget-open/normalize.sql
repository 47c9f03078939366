-- Inspektor Gadget's trace_open. Flags are a number, a word for each bit parted by |, or a list of words.
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
  coalesce(to_count(JSONExtract(ifNull(proc, ''), 'pid', 'Nullable(String)')), to_count(pid_text)) AS process_id,
  coalesce(nullIf(JSONExtractString(ifNull(proc, ''), 'comm'), ''), comm, '') AS process_called,
  coalesce(nullIf(fpath, ''), nullIf(fname, ''), path, '') AS file,
  to_count(flags_raw) AS flag_bits,
  coalesce(nullIf(error, ''), nullIf(error_raw, '0'), nullIf(err, '0'), '') AS failure
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(
    failure != '', 'failed',
    flag_bits IS NOT NULL, if(bitAnd(flag_bits, 3) != 0, 'open_write', 'read'),
    match(ifNull(flags, ''), 'O_(?:WRONLY|RDWR)'), 'open_write',
    match(ifNull(flags, ''), 'O_RDONLY'), 'read',
    'open') AS activity,
  file AS file_path,
  process_called AS process_name,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  container_id AS container_uid,
  if(activity = 'read', credential_kind(file), '') AS session_uid,
  node_name AS node,
  line_number AS line,
  raw,
  multiIf(
    file = '', if(isValidUTF8(raw), 'the event names no file', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time of day: ', substringUTF8(coalesce(timestamp_text, timestamp_raw, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('timestamp is out of range: ', substringUTF8(coalesce(timestamp_text, timestamp_raw), 1, 80)),
    NOT ifNull(process_id < 4294967296, 0), 'pid is out of range or missing',
    '') AS reject
FROM (SELECT * EXCEPT(pod, namespace, node, timestamp, pid), pod AS pod_text, namespace AS namespace_text, node AS node_text, timestamp AS timestamp_text, pid AS pid_text FROM {{input}})
