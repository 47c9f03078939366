-- Zeek ssh.log: one SSH connection a line, logged once it is authenticated or over. It counts no bytes; conn.log does, under the same uid.
WITH to_time(ts) AS started
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  time AS end_time,
  ifNull(to_ip(`id.orig_h`), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(`id.orig_p`), 0) AS src_endpoint_port,
  ifNull(to_ip(`id.resp_h`), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(`id.resp_p`), 0) AS dst_endpoint_port,
  'tcp' AS connection_info_protocol_name,
  0 AS has_bytes,
  'handshake' AS view,
  ssh_application(server) AS app_name,
  ifNull(uid, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ts IS NULL AND `id.orig_h` IS NULL, if(isValidUTF8(raw), 'not a Zeek ssh record: no ts, no id.orig_h', 'not valid UTF-8'),
    started IS NULL, concat('ts is no time: ', ifNull(ts, 'missing')),
    is_absurd_time(time), concat('ts is out of range: ', ts),
    to_ip(`id.orig_h`) IS NULL, concat('id.orig_h is no address: ', ifNull(`id.orig_h`, 'missing')),
    to_ip(`id.resp_h`) IS NULL, concat('id.resp_h is no address: ', ifNull(`id.resp_h`, 'missing')),
    to_port(`id.orig_p`) IS NULL, concat('id.orig_p is no port: ', ifNull(`id.orig_p`, 'missing')),
    to_port(`id.resp_p`) IS NULL, concat('id.resp_p is no port: ', ifNull(`id.resp_p`, 'missing')),
    '') AS reject
FROM {{input}}
