-- Inspektor Gadget's trace_exec: arguments in one text, parted by no-break spaces; older releases: by blanks, or a list.
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
  ifNull(args, '') AS args_text,
  startsWith(args_text, '[') AND isValidJSON(args_text) AS is_list,
  to_count(args_count) AS argument_count,
  if(is_list, JSONExtract(args_text, 'Array(String)'), splitByString('\xC2\xA0', args_text)) AS pieces,
  NOT is_list AND position(args_text, ' ') > 0 AND length(pieces) = 1 AND ifNull(argument_count, 2) != 1 AS is_joined,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), pieces), ' ') AS quoted,
  ifNull(error, '') != '' OR ifNull(error_raw, '0') != '0' OR ifNull(retval, '0') != '0' AS is_failed
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  if(is_failed, 'launch_failed', 'launch') AS activity,
  process_called AS process_name,
  coalesce(nullIf(exepath, ''), if(startsWith(pieces[1], '/'), if(is_joined, splitByChar(' ', args_text)[1], pieces[1]), '')) AS process_file_path,
  if(is_failed, '', mask_credentials(if(is_joined, args_text, quoted))) AS cmd_line,
  is_failed OR (args_text != '' AND ifNull(argument_count, length(pieces)) < 20 AND NOT arrayExists(word -> lengthUTF8(word) >= 255, pieces)) AS cmd_line_complete,
  is_joined AND NOT is_failed AS cmd_line_joined,
  toUInt32(if(process_id < 4294967296, process_id, 0)) AS pid,
  coalesce(nullIf(JSONExtractString(ifNull(proc, ''), 'parent', 'comm'), ''), pcomm, '') AS parent_process_name,
  coalesce(nullIf(JSONExtractString(ifNull(proc, ''), 'creds', 'user'), ''), JSONExtract(ifNull(proc, ''), 'creds', 'uid', 'Nullable(String)'), uid, '') AS user_name,
  if(is_failed, coalesce(nullIf(error, ''), nullIf(error_raw, '0'), retval, ''), '') AS rule,
  container_id AS container_uid,
  container_called AS container_name,
  JSONExtractString(engine, 'containerImageName') AS container_image,
  pod_name AS pod,
  pod_namespace AS namespace,
  node_name AS node,
  line_number AS line,
  raw,
  multiIf(
    args IS NULL, if(isValidUTF8(raw), 'not an event of trace_exec: no args', 'not valid UTF-8'),
    happened IS NULL, concat('timestamp is no time of day: ', substringUTF8(coalesce(timestamp_text, timestamp_raw, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('timestamp is out of range: ', substringUTF8(coalesce(timestamp_text, timestamp_raw), 1, 80)),
    NOT ifNull(process_id < 4294967296, 0), 'pid is out of range or missing',
    '') AS reject
FROM (SELECT * EXCEPT(pod, namespace, node, timestamp, pid), pod AS pod_text, namespace AS namespace_text, node AS node_text, timestamp AS timestamp_text, pid AS pid_text FROM {{input}})
