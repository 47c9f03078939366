-- Suricata EVE, flow: one ended flow a line, with both directions. src is who sent its first packet.
WITH
  JSONExtract(if(startsWith(ifNull(log.flow, ''), '{'), ifNull(log.flow, ''), ''), 'Tuple(start Nullable(String), `end` Nullable(String), state Nullable(String),
    bytes_toserver Nullable(String), bytes_toclient Nullable(String), pkts_toserver Nullable(String), pkts_toclient Nullable(String))') AS f,
  to_time(f.start) AS started,
  to_time(tupleElement(f, 'end')) AS ended,
  [f.bytes_toserver, f.bytes_toclient, f.pkts_toserver, f.pkts_toclient] AS counts,
  -- What began in clear and went on inside TLS (STARTTLS) is still mail or FTP.
  if(app_proto = 'tls' AND app_proto_orig IN ('smtp', 'imap', 'pop3', 'ftp'), app_proto_orig, app_proto) AS app,
  JSONExtractString(ifNull(tcp, ''), 'state') AS tcp_state
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  greatest(ifNull(ended, time), time) AS end_time,
  ifNull(to_ip(src_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(src_port), 0) AS src_endpoint_port,
  ifNull(to_ip(dest_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(dest_port), 0) AS dst_endpoint_port,
  suricata_protocol(proto) AS connection_info_protocol_name,
  ifNull(to_count(f.bytes_toserver), 0) AS traffic_bytes_out,
  ifNull(to_count(f.bytes_toclient), 0) AS traffic_bytes_in,
  ifNull(to_count(f.pkts_toserver), 0) AS traffic_packets_out,
  ifNull(to_count(f.pkts_toclient), 0) AS traffic_packets_in,
  f.bytes_toserver IS NOT NULL AND f.bytes_toclient IS NOT NULL AS has_bytes,
  'end' AS view,
  suricata_app(app) AS app_name,
  -- TCP's own state in conntrack's words; of other protocols the flow's.
  if(tcp_state != '', upper(tcp_state), ifNull(f.state, '')) AS connection_state,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.flow IS NULL, if(isValidUTF8(raw), 'not a Suricata flow event: no event_type or no flow', 'not valid UTF-8'),
    event_type != 'flow', concat('event_type is not flow: ', event_type),
    started IS NULL, concat('flow.start is no time: ', ifNull(f.start, 'missing')),
    tupleElement(f, 'end') IS NOT NULL AND ended IS NULL, concat('flow.end is no time: ', tupleElement(f, 'end')),
    is_absurd_time(time) OR is_absurd_time(end_time), concat('time is out of range: ', f.start, ' to ', ifNull(tupleElement(f, 'end'), 'missing')),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    -- Protocols without ports (ICMP, ESP) have none.
    to_port(src_port) IS NULL AND (src_port IS NOT NULL OR proto IN ('TCP', 'UDP', 'SCTP')), concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL AND (dest_port IS NOT NULL OR proto IN ('TCP', 'UDP', 'SCTP')), concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    proto IS NULL, 'proto is missing',
    arrayExists(n -> n IS NOT NULL AND to_count(n) IS NULL, counts), concat('not a count: ', arrayStringConcat(arrayMap(n -> ifNull(n, '-'), counts), ' ')),
    '') AS reject
FROM {{input}} AS log
