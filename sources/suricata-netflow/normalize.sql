-- Suricata EVE, netflow: two lines a flow, one for each direction; the client's comes first, under the same flow_id.
WITH
  ifNull(source_ip != first_ip OR source_port != first_port, 0) AS is_answer,
  to_count(n.bytes) AS bytes,
  to_count(n.pkts) AS packets
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  greatest(ifNull(to_time(tupleElement(n, 'end')), time), time) AS end_time,
  ifNull(to_ip(if(is_answer, dest_ip, source_ip)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(if(is_answer, dest_port, source_port)), 0) AS src_endpoint_port,
  ifNull(to_ip(if(is_answer, source_ip, dest_ip)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(if(is_answer, source_port, dest_port)), 0) AS dst_endpoint_port,
  suricata_protocol(proto) AS connection_info_protocol_name,
  if(is_answer, 0, ifNull(bytes, 0)) AS traffic_bytes_out,
  if(is_answer, ifNull(bytes, 0), 0) AS traffic_bytes_in,
  if(is_answer, 0, ifNull(packets, 0)) AS traffic_packets_out,
  if(is_answer, ifNull(packets, 0), 0) AS traffic_packets_in,
  n.bytes IS NOT NULL AS has_bytes,
  -- Half of a connection: the join puts it together by flow_id.
  'update' AS view,
  suricata_app(app_proto) AS app_name,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR netflow IS NULL, if(isValidUTF8(raw), 'not a Suricata netflow event: no event_type or no netflow', 'not valid UTF-8'),
    event_type != 'netflow', concat('event_type is not netflow: ', event_type),
    started IS NULL, concat('netflow.start is no time: ', ifNull(n.start, 'missing')),
    tupleElement(n, 'end') IS NOT NULL AND to_time(tupleElement(n, 'end')) IS NULL, concat('netflow.end is no time: ', tupleElement(n, 'end')),
    is_absurd_time(time) OR is_absurd_time(end_time), concat('time is out of range: ', n.start, ' to ', ifNull(tupleElement(n, 'end'), 'missing')),
    to_ip(source_ip) IS NULL, concat('src_ip is no address: ', ifNull(source_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(source_port) IS NULL AND (source_port IS NOT NULL OR proto IN ('TCP', 'UDP', 'SCTP')), concat('src_port is no port: ', ifNull(source_port, 'missing')),
    to_port(dest_port) IS NULL AND (dest_port IS NOT NULL OR proto IN ('TCP', 'UDP', 'SCTP')), concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    proto IS NULL, 'proto is missing',
    -- Without it the two directions would be two connections.
    flow_id IS NULL, 'flow_id is missing',
    n.bytes IS NOT NULL AND bytes IS NULL, concat('netflow.bytes is no count: ', n.bytes),
    n.pkts IS NOT NULL AND packets IS NULL, concat('netflow.pkts is no count: ', n.pkts),
    '') AS reject
FROM (
  SELECT line_number, raw, event_type, flow_id, dest_ip, dest_port, proto, app_proto, netflow, src_ip AS source_ip, src_port AS source_port,
    JSONExtract(if(startsWith(ifNull(netflow, ''), '{'), ifNull(netflow, ''), ''), 'Tuple(start Nullable(String), `end` Nullable(String), bytes Nullable(String), pkts Nullable(String))') AS n,
    to_time(n.start) AS started,
    first_value(tuple(src_ip)) OVER flows AS first_line_ip, first_line_ip.1 AS first_ip,
    first_value(tuple(src_port)) OVER flows AS first_line_port, first_line_port.1 AS first_port
  FROM {{input}}
  -- A flow_id may come again later; lines of two files are never one flow.
  WINDOW flows AS (PARTITION BY bitShiftRight(toUInt64(line_number), 32), flow_id, started ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
