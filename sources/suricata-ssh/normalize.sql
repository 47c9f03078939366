-- Suricata EVE, ssh: one SSH connection a line, once both ends said what they run. It counts no bytes; flow does, between the same ends.
WITH
  to_time(timestamp) AS happened,
  ifNull(log.ssh, '') AS said
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  time AS end_time,
  ifNull(to_ip(src_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(src_port), 0) AS src_endpoint_port,
  ifNull(to_ip(dest_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(dest_port), 0) AS dst_endpoint_port,
  suricata_protocol(proto) AS connection_info_protocol_name,
  0 AS has_bytes,
  'handshake' AS view,
  ssh_application(JSONExtractString(if(startsWith(said, '{'), said, ''), 'server', 'software_version')) AS app_name,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.ssh IS NULL, if(isValidUTF8(raw), 'not a Suricata ssh event: no event_type or no ssh', 'not valid UTF-8'),
    event_type != 'ssh', concat('event_type is not ssh: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(src_port) IS NULL, concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL, concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    proto IS NULL, 'proto is missing',
    '') AS reject
FROM {{input}} AS log
