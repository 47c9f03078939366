-- Suricata EVE, quic: what the first packets of a connection say, one message a line. It counts no bytes; flow does, between the same ends.
WITH
  to_time(timestamp) AS happened,
  ifNull(log.quic, '') AS said,
  JSONExtract(if(startsWith(said, '{'), said, ''), 'Tuple(sni Nullable(String), ja3 Tuple(hash Nullable(String)), ja4 Nullable(String))') AS h
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
  'quic' AS app_name,
  host_of(ifNull(h.sni, '')) AS dst_endpoint_domain,
  ifNull(tupleElement(h.ja3, 'hash'), '') AS ja3_hash,
  ifNull(h.ja4, '') AS ja4,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.quic IS NULL, if(isValidUTF8(raw), 'not a Suricata quic event: no event_type or no quic', 'not valid UTF-8'),
    event_type != 'quic', concat('event_type is not quic: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(src_port) IS NULL, concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL, concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    proto IS NULL, 'proto is missing',
    '') AS reject
FROM {{input}} AS log
