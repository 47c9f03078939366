-- ulogd2 NFCT as JSON: the tuple a connection began with (orig.*) and the one its answers carry (reply.*).
-- ulogd writes the original addresses as src_ip and dest_ip in its default (CIM) naming, else as orig.ip.*addr.str.
WITH
  to_count(`flow.start.sec`) AS start_seconds,
  to_count(ifNull(`flow.start.usec`, '0')) AS start_micros,
  to_count(`flow.end.sec`) AS end_seconds,
  to_count(ifNull(`flow.end.usec`, '0')) AS end_micros,
  if(start_seconds < 7258118400 AND start_micros < 1000000, fromUnixTimestamp64Micro(toInt64(start_seconds * 1000000 + start_micros), 'UTC'), NULL) AS started,
  if(end_seconds < 7258118400 AND end_micros < 1000000, fromUnixTimestamp64Micro(toInt64(end_seconds * 1000000 + end_micros), 'UTC'), NULL) AS ended,
  coalesce(`orig.ip.saddr.str`, src_ip) AS source_ip,
  coalesce(`orig.ip.daddr.str`, dest_ip) AS destination_ip,
  -- Protocols without ports (ICMP, IGMP) have none.
  coalesce(`orig.l4.sport`, src_port, '0') AS source_port,
  coalesce(`orig.l4.dport`, dest_port, '0') AS destination_port,
  ifNull(to_count(`orig.raw.pktcount`), 0) + ifNull(to_count(`reply.raw.pktcount`), 0) AS packets
SELECT
  -- Without kernel timestamps, and for what has not ended, one of the two is missing.
  coalesce(started, ended, to_time(timestamp), toDateTime64(0, 6, 'UTC')) AS time,
  coalesce(ended, time) AS end_time,
  ifNull(to_ip(source_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(source_port), 0) AS src_endpoint_port,
  ifNull(to_ip(destination_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(destination_port), 0) AS dst_endpoint_port,
  ifNull(to_ip(`reply.ip.daddr.str`), src_endpoint_ip) AS translated_src_ip,
  ifNull(to_port(`reply.l4.dport`), src_endpoint_port) AS translated_src_port,
  ifNull(to_ip(`reply.ip.saddr.str`), dst_endpoint_ip) AS translated_dst_ip,
  ifNull(to_port(`reply.l4.sport`), dst_endpoint_port) AS translated_dst_port,
  transform(ifNull(`orig.ip.protocol`, ''), ['1', '2', '6', '17', '47', '50', '58', '132'],
    ['icmp', 'igmp', 'tcp', 'udp', 'gre', 'esp', 'icmpv6', 'sctp'], concat('ip-', ifNull(`orig.ip.protocol`, ''))) AS connection_info_protocol_name,
  ifNull(to_count(`orig.raw.pktlen`), 0) AS traffic_bytes_out,
  ifNull(to_count(`reply.raw.pktlen`), 0) AS traffic_bytes_in,
  ifNull(to_count(`orig.raw.pktcount`), 0) AS traffic_packets_out,
  ifNull(to_count(`reply.raw.pktcount`), 0) AS traffic_packets_in,
  -- A connection of no packets at all was not counted (accounting off, or it just began).
  packets > 0 AS has_bytes,
  multiIf(`ct.event` = '1', 'start', `ct.event` = '4', 'end', 'update') AS view,
  ifNull(`ct.id`, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    `ct.event` IS NULL, if(isValidUTF8(raw), 'not an ulogd connection record: no ct.event', 'not valid UTF-8'),
    `ct.event` NOT IN ('1', '2', '4'), concat('ct.event is none of 1, 2, 4: ', `ct.event`),
    `flow.start.sec` IS NOT NULL AND started IS NULL, concat('flow.start is no time: ', `flow.start.sec`, ' s ', ifNull(`flow.start.usec`, '0'), ' us'),
    `flow.end.sec` IS NOT NULL AND ended IS NULL, concat('flow.end is no time: ', `flow.end.sec`, ' s ', ifNull(`flow.end.usec`, '0'), ' us'),
    coalesce(started, ended, to_time(timestamp)) IS NULL, 'no time: neither flow.start, flow.end nor timestamp',
    is_absurd_time(time) OR is_absurd_time(end_time), concat('time is out of range: ', toString(time), ' to ', toString(end_time)),
    to_ip(source_ip) IS NULL, concat('src_ip is no address: ', ifNull(source_ip, 'missing')),
    to_ip(destination_ip) IS NULL, concat('dest_ip is no address: ', ifNull(destination_ip, 'missing')),
    to_port(source_port) IS NULL, concat('orig.l4.sport is no port: ', source_port),
    to_port(destination_port) IS NULL, concat('orig.l4.dport is no port: ', destination_port),
    `reply.l4.sport` IS NOT NULL AND to_port(`reply.l4.sport`) IS NULL, concat('reply.l4.sport is no port: ', `reply.l4.sport`),
    `reply.l4.dport` IS NOT NULL AND to_port(`reply.l4.dport`) IS NULL, concat('reply.l4.dport is no port: ', `reply.l4.dport`),
    NOT ifNull(to_count(`orig.ip.protocol`) < 256, 0), concat('orig.ip.protocol is no protocol number: ', ifNull(`orig.ip.protocol`, 'missing')),
    arrayExists(n -> n IS NOT NULL AND to_count(n) IS NULL, [`orig.raw.pktlen`, `reply.raw.pktlen`, `orig.raw.pktcount`, `reply.raw.pktcount`]),
      concat('not a count: ', arrayStringConcat(arrayFilter(n -> n IS NOT NULL, [`orig.raw.pktlen`, `reply.raw.pktlen`, `orig.raw.pktcount`, `reply.raw.pktcount`]), ' ')),
    '') AS reject
FROM {{input}}
