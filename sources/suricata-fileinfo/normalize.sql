-- Suricata EVE, fileinfo: one file seen in traffic a line. src is who sent it, whoever opened the connection.
WITH
  to_time(timestamp) AS happened,
  JSONExtract(if(startsWith(ifNull(log.fileinfo, ''), '{'), ifNull(log.fileinfo, ''), ''), 'Tuple(filename Nullable(String), size Nullable(String), sha256 Nullable(String))') AS f
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'network_transfer' AS activity,
  mask_credentials(ifNull(f.filename, '')) AS file_path,
  ifNull(to_count(f.size), 0) AS file_size,
  lower(ifNull(f.sha256, '')) AS file_sha256,
  ifNull(to_ip(src_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_ip(dest_ip), toIPv6('::')) AS dst_endpoint_ip,
  suricata_app(app_proto) AS app_name,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.fileinfo IS NULL, if(isValidUTF8(raw), 'not a Suricata fileinfo event: no event_type or no fileinfo', 'not valid UTF-8'),
    event_type != 'fileinfo', concat('event_type is not fileinfo: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    f.size IS NULL OR to_count(f.size) IS NULL, concat('fileinfo.size is no count: ', ifNull(f.size, 'missing')),
    '') AS reject
FROM {{input}} AS log
