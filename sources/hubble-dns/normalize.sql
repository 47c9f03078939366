-- Cilium Hubble, l7.dns: a question or an answer as the DNS proxy saw it.
WITH
  ifNull(flow, raw) AS event,
  JSONExtract(event, 'Tuple(node_name Nullable(String), time Nullable(String), IP Tuple(source Nullable(String), destination Nullable(String)))') AS f,
  JSONExtractRaw(event, 'l4') AS layer,
  JSONExtract(layer, if(JSONHas(layer, 'TCP'), 'TCP', 'UDP'), 'Tuple(source_port Nullable(String), destination_port Nullable(String))') AS ports,
  JSONExtract(event, 'l7', 'Tuple(type Nullable(String), dns Tuple(query Nullable(String), ips Array(String), cnames Array(String), rcode Nullable(String), qtypes Array(String)))') AS l7,
  coalesce(f.time, outer_time) AS time_text,
  if(startsWith(ifNull(time_text, ''), '{'),
    if(JSONExtractUInt(time_text, 'seconds') BETWEEN 1 AND 7258118400, fromUnixTimestamp64Micro(toInt64(JSONExtractUInt(time_text, 'seconds') * 1000000 + intDiv(least(JSONExtractUInt(time_text, 'nanos'), 999999999), 1000)), 'UTC'), NULL),
    to_time(time_text)) AS happened,
  ifNull(l7.type, '') IN ('RESPONSE', '2') AS is_answer
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(if(is_answer, f.IP.destination, f.IP.source)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(if(is_answer, ports.destination_port, ports.source_port)), 0) AS src_endpoint_port,
  ifNull(to_ip(if(is_answer, f.IP.source, f.IP.destination)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(if(is_answer, ports.source_port, ports.destination_port)), 0) AS dst_endpoint_port,
  lower(replaceRegexpOne(ifNull(l7.dns.query, ''), '[.]$', '')) AS query_hostname,
  l7.dns.qtypes[1] AS query_type,
  -- 0 is left out.
  if(is_answer, transform(ifNull(l7.dns.rcode, '0'), ['0', '1', '2', '3', '4', '5'], ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'], ifNull(l7.dns.rcode, '')), '') AS rcode,
  arrayConcat(arrayMap(name -> lower(replaceRegexpOne(name, '[.]$', '')), l7.dns.cnames), l7.dns.ips) AS answers,
  coalesce(f.node_name, outer_node, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    NOT isValidUTF8(raw), 'not valid UTF-8',
    NOT JSONHas(event, 'l7', 'dns'), 'not a flow of DNS: no l7.dns',
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(time_text, '')),
    to_ip(f.IP.source) IS NULL, concat('IP.source is no address: ', ifNull(f.IP.source, 'missing')),
    to_ip(f.IP.destination) IS NULL, concat('IP.destination is no address: ', ifNull(f.IP.destination, 'missing')),
    to_port(ports.source_port) IS NULL, concat('source_port is no port: ', ifNull(ports.source_port, 'missing')),
    to_port(ports.destination_port) IS NULL, concat('destination_port is no port: ', ifNull(ports.destination_port, 'missing')),
    l7.dns.query IS NULL, 'l7.dns.query is missing',
    '') AS reject
FROM (SELECT line_number, raw, flow, node_name AS outer_node, time AS outer_time FROM {{input}})
