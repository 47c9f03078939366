-- conntrack -E text: the first src/dst/sport/dport is the original tuple, the second the reply tuple.
WITH
  extract(raw, '^\\s*\\[([0-9.]+)\\]') AS stamp,
  to_time(stamp) AS seen,
  extract(raw, '\\[(NEW|UPDATE|DESTROY)\\]') AS event,
  extractAll(raw, ' src=(\\S+)') AS sources,
  extractAll(raw, ' dst=(\\S+)') AS destinations,
  extractAll(raw, ' sport=(\\S+)') AS source_ports,
  extractAll(raw, ' dport=(\\S+)') AS destination_ports,
  extractAll(raw, ' bytes=(\\S+)') AS byte_counts,
  extractAll(raw, ' packets=(\\S+)') AS packet_counts,
  ifNull(toFloat64OrNull(extract(raw, ' delta-time=(\\d+)')), 0) AS age_seconds,
  -- Protocols without ports (ICMP, IGMP) print none.
  extractGroups(raw, '^\\s*\\[[0-9.]+\\]\\s+\\[\\w+\\]\\s+(?:ipv[46]\\s+\\d+\\s+)?(\\S+)\\s+(\\d+)') AS protocols
SELECT
  -- DESTROY comes when the entry expires; delta-time leads back to the start, to the second.
  ifNull(seen, toDateTime64(0, 6, 'UTC')) - toIntervalSecond(toUInt32(if(event = 'DESTROY', age_seconds, 0))) AS time,
  ifNull(seen, toDateTime64(0, 6, 'UTC')) AS end_time,
  ifNull(to_ip(sources[1]), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(if(length(source_ports) = 0, '0', source_ports[1])), 0) AS src_endpoint_port,
  ifNull(to_ip(destinations[1]), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(if(length(destination_ports) = 0, '0', destination_ports[1])), 0) AS dst_endpoint_port,
  ifNull(to_ip(destinations[2]), src_endpoint_ip) AS translated_src_ip,
  ifNull(to_port(if(length(destination_ports) < 2, '0', destination_ports[2])), 0) AS translated_src_port,
  ifNull(to_ip(sources[2]), dst_endpoint_ip) AS translated_dst_ip,
  ifNull(to_port(if(length(source_ports) < 2, '0', source_ports[2])), 0) AS translated_dst_port,
  if(protocols[1] = 'unknown', if(protocols[2] = '2', 'igmp', concat('ip-', protocols[2])), protocols[1]) AS connection_info_protocol_name,
  ifNull(to_count(byte_counts[1]), 0) AS traffic_bytes_out,
  ifNull(to_count(byte_counts[2]), 0) AS traffic_bytes_in,
  ifNull(to_count(packet_counts[1]), 0) AS traffic_packets_out,
  ifNull(to_count(packet_counts[2]), 0) AS traffic_packets_in,
  length(byte_counts) >= 1 AS has_bytes,
  if(event = 'DESTROY', 1, 0) AS time_error,
  multiIf(event = 'NEW', 'start', event = 'DESTROY', 'end', 'update') AS view,
  extract(raw, '\\s(SYN_SENT|SYN_RECV|ESTABLISHED|FIN_WAIT|CLOSE_WAIT|LAST_ACK|TIME_WAIT|CLOSE)\\s') AS connection_state,
  -- ICMP lines print the echo's own id in each tuple first; conntrack's comes last.
  extractAll(raw, ' id=(\\d+)')[-1] AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event = '', 'not a conntrack event: no [NEW], [UPDATE] or [DESTROY]',
    seen IS NULL, concat('no time in front (print it with conntrack -E -o timestamp): ', substring(raw, 1, 40)),
    is_absurd_time(seen), concat('time is out of range: ', stamp),
    to_ip(sources[1]) IS NULL OR to_ip(destinations[1]) IS NULL, concat('no addresses: ', arrayStringConcat(arrayConcat(sources, destinations), ' ')),
    arrayExists(port -> to_port(port) IS NULL, arrayConcat(source_ports, destination_ports)), concat('not a port: ', arrayStringConcat(arrayConcat(source_ports, destination_ports), ' ')),
    arrayExists(n -> to_count(n) IS NULL, arrayConcat(byte_counts, packet_counts)), concat('not a count: ', arrayStringConcat(arrayConcat(byte_counts, packet_counts), ' ')),
    '') AS reject
FROM {{input}}
