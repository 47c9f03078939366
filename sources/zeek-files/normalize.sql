-- Zeek files.log: one file seen in traffic a line.
WITH
  to_time(ts) AS started,
  -- Zeek 5.1 and newer name the connection and the direction, older ones the hosts as sets.
  multiIf(
    tx_hosts IS NOT NULL, zeek_list(tx_hosts)[1],
    is_orig IN ('T', 'true'), ifNull(`id.orig_h`, ''),
    is_orig IN ('F', 'false'), ifNull(`id.resp_h`, ''),
    '') AS sender,
  multiIf(
    rx_hosts IS NOT NULL, zeek_list(rx_hosts)[1],
    is_orig IN ('T', 'true'), ifNull(`id.resp_h`, ''),
    is_orig IN ('F', 'false'), ifNull(`id.orig_h`, ''),
    '') AS receiver
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  'network_transfer' AS activity,
  -- Without a name, Zeek's own id of the file: two nameless files of one connection are two.
  mask_credentials(if(ifNull(filename, '') = '', ifNull(fuid, ''), ifNull(filename, ''))) AS file_path,
  ifNull(to_count(seen_bytes), 0) AS file_size,
  ifNull(mime_type, '') AS file_mime,
  ifNull(sha256, '') AS file_sha256,
  ifNull(to_ip(sender), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_ip(receiver), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(log.source, '') AS app_name,
  if(uid IS NOT NULL, ifNull(uid, ''), zeek_list(conn_uids)[1]) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ts IS NULL AND fuid IS NULL, if(isValidUTF8(raw), 'not a Zeek files record: no ts, no fuid', 'not valid UTF-8'),
    started IS NULL, concat('ts is no time: ', ifNull(ts, 'missing')),
    is_absurd_time(time), concat('ts is out of range: ', ts),
    fuid IS NULL, 'fuid is missing',
    sender != '' AND to_ip(sender) IS NULL, concat('the sender is no address: ', sender),
    receiver != '' AND to_ip(receiver) IS NULL, concat('the receiver is no address: ', receiver),
    seen_bytes IS NOT NULL AND to_count(seen_bytes) IS NULL, concat('seen_bytes is no count: ', seen_bytes),
    '') AS reject
FROM {{input}} AS log
