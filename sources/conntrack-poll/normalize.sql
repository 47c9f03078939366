-- conntrack -L text between '# epoch' lines: the first src/dst/sport/dport is the original tuple, the second the reply tuple.
-- The time of a row is that of the nearest epoch line above it; epoch lines themselves are comments and never stored.
WITH
  extractGroups(raw, '^(?:ipv[46]\\s+\\d+\\s+)?([a-z][a-z0-9-]*)\\s+(\\d+)\\s') AS protocol,
  extractAll(raw, ' src=(\\S+)') AS sources,
  extractAll(raw, ' dst=(\\S+)') AS destinations,
  extractAll(raw, ' sport=(\\S+)') AS source_ports,
  extractAll(raw, ' dport=(\\S+)') AS destination_ports,
  extractAll(raw, ' bytes=(\\S+)') AS byte_counts,
  extractAll(raw, ' packets=(\\S+)') AS packet_counts,
  extractAll(raw, ' id=(\\d+)') AS ids,
  extract(raw, ' delta-time=(\\S+)') AS age,
  to_count(if(age = '', '0', age)) AS age_seconds
SELECT
  ifNull(polled, toDateTime64(0, 6, 'UTC')) - toIntervalSecond(toInt64(if(age_seconds < 3000000000, age_seconds, 0))) AS time,
  ifNull(polled, toDateTime64(0, 6, 'UTC')) AS end_time,
  ifNull(to_ip(sources[1]), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(if(length(source_ports) = 0, '0', source_ports[1])), 0) AS src_endpoint_port,
  ifNull(to_ip(destinations[1]), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(if(length(destination_ports) = 0, '0', destination_ports[1])), 0) AS dst_endpoint_port,
  ifNull(to_ip(destinations[2]), src_endpoint_ip) AS translated_src_ip,
  ifNull(to_port(if(length(destination_ports) < 2, '0', destination_ports[2])), 0) AS translated_src_port,
  ifNull(to_ip(sources[2]), dst_endpoint_ip) AS translated_dst_ip,
  ifNull(to_port(if(length(source_ports) < 2, '0', source_ports[2])), 0) AS translated_dst_port,
  if(protocol[1] = 'unknown', if(protocol[2] = '2', 'igmp', concat('ip-', protocol[2])), protocol[1]) AS connection_info_protocol_name,
  ifNull(to_count(byte_counts[1]), 0) AS traffic_bytes_out,
  ifNull(to_count(byte_counts[2]), 0) AS traffic_bytes_in,
  ifNull(to_count(packet_counts[1]), 0) AS traffic_packets_out,
  ifNull(to_count(packet_counts[2]), 0) AS traffic_packets_in,
  length(byte_counts) >= 1 AS has_bytes,
  1 AS time_error,
  'poll' AS view,
  extract(raw, '\\s(SYN_SENT2?|SYN_RECV|ESTABLISHED|FIN_WAIT|CLOSE_WAIT|LAST_ACK|TIME_WAIT|CLOSE)\\s') AS connection_state,
  -- ICMP prints the echo's own id in both tuples, before conntrack's.
  if(protocol[1] LIKE 'icmp%', ids[3], ids[1]) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    length(sources) = 0 OR length(protocol) = 0, if(isValidUTF8(raw), 'not a line of conntrack -L', 'not valid UTF-8'),
    polled IS NULL, 'no "# <epoch seconds>" line above it: the table has no clock of its own, so when this was seen is unknown',
    is_absurd_time(polled), concat('time of the poll is out of range: ', toString(polled)),
    NOT ifNull(age_seconds < 3000000000, 0), concat('delta-time is no number of seconds: ', age),
    to_ip(sources[1]) IS NULL OR to_ip(destinations[1]) IS NULL, concat('no addresses: ', arrayStringConcat(arrayConcat(sources, destinations), ' ')),
    arrayExists(port -> to_port(port) IS NULL, arrayConcat(source_ports, destination_ports)), concat('not a port: ', arrayStringConcat(arrayConcat(source_ports, destination_ports), ' ')),
    arrayExists(n -> to_count(n) IS NULL, arrayConcat(byte_counts, packet_counts)), concat('not a count: ', arrayStringConcat(arrayConcat(byte_counts, packet_counts), ' ')),
    '') AS reject
FROM (
  -- The nearest epoch above, in chunks of 100,000 lines so that memory stays bounded; an epoch line also counts for the ten chunks after its own.
  SELECT line_number, raw, copy,
    last_value(epoch) IGNORE NULLS OVER (PARTITION BY chunk ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS polled
  FROM (
    SELECT line_number, raw, epoch, arrayJoin(if(epoch IS NULL, [0], range(11))) AS copy, intDiv(line_number, 100000) + copy AS chunk
    FROM (SELECT line_number, raw, if(match(raw, '^(#|==) [0-9.]+\\s*$'), to_time(extract(raw, '[0-9.]+')), NULL) AS epoch FROM {{input}})))
WHERE copy = 0
