-- Zeek ssl.log: one TLS or DTLS handshake a line. It counts no bytes; conn.log does, under the same uid.
WITH to_time(ts) AS started
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  time AS end_time,
  ifNull(to_ip(`id.orig_h`), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(`id.orig_p`), 0) AS src_endpoint_port,
  ifNull(to_ip(`id.resp_h`), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(`id.resp_p`), 0) AS dst_endpoint_port,
  if(startsWith(ifNull(version, ''), 'DTLS'), 'udp', 'tcp') AS connection_info_protocol_name,
  0 AS has_bytes,
  'handshake' AS view,
  'ssl' AS app_name,
  host_of(ifNull(server_name, '')) AS dst_endpoint_domain,
  ifNull(version, '') AS tls_version,
  ifNull(ja3, '') AS ja3_hash,
  ifNull(log.ja4, '') AS ja4,
  ifNull(uid, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ts IS NULL AND `id.orig_h` IS NULL, if(isValidUTF8(raw), 'not a Zeek ssl record: no ts, no id.orig_h', 'not valid UTF-8'),
    started IS NULL, concat('ts is no time: ', ifNull(ts, 'missing')),
    is_absurd_time(time), concat('ts is out of range: ', ts),
    to_ip(`id.orig_h`) IS NULL, concat('id.orig_h is no address: ', ifNull(`id.orig_h`, 'missing')),
    to_ip(`id.resp_h`) IS NULL, concat('id.resp_h is no address: ', ifNull(`id.resp_h`, 'missing')),
    to_port(`id.orig_p`) IS NULL, concat('id.orig_p is no port: ', ifNull(`id.orig_p`, 'missing')),
    to_port(`id.resp_p`) IS NULL, concat('id.resp_p is no port: ', ifNull(`id.resp_p`, 'missing')),
    '') AS reject
FROM {{input}} AS log
