-- Suricata EVE, dns: a question and its answer are two lines. Version 1 has one line for each record of an answer,
-- version 2 the records under answers or grouped, version 3 the questions under queries as well.
WITH
  to_time(timestamp) AS happened,
  if(startsWith(ifNull(log.dns, ''), '{'), ifNull(log.dns, ''), '') AS message,
  JSONExtract(message, 'Tuple(type Nullable(String), id Nullable(String), rrname Nullable(String), rrtype Nullable(String), rcode Nullable(String), rdata Nullable(String),
    queries Array(Tuple(rrname Nullable(String), rrtype Nullable(String))), answers Array(Tuple(rdata Nullable(String), srv Tuple(name Nullable(String)))))') AS d,
  d.type IN ('answer', 'response') AS is_answer,
  -- An answer goes from the server. Some releases write it as it went, some from the client's side; version 3 the latter for DNS over HTTPS only.
  is_answer AND if(src_port = '53' OR dest_port = '53', src_port = '53' AND (dest_port != '53' OR d.type = 'response'), d.type = 'response' AND http IS NULL) AS is_turned,
  arrayMap(one -> ifNull(coalesce(one.rdata, tupleElement(one.srv, 'name')), ''), d.answers) AS records,
  -- Of SRV and SOA, grouped holds objects.
  arrayMap(one -> if(startsWith(one, '{'), JSONExtractString(one, 'name'), one), arrayFlatten(mapValues(JSONExtract(message, 'grouped', 'Map(String, Array(String))')))) AS grouped
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(if(is_turned, dest_ip, src_ip)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(if(is_turned, dest_port, src_port)), 0) AS src_endpoint_port,
  ifNull(to_ip(if(is_turned, src_ip, dest_ip)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(if(is_turned, src_port, dest_port)), 0) AS dst_endpoint_port,
  lower(replaceRegexpOne(coalesce(d.rrname, d.queries[1].rrname, ''), '[.]$', '')) AS query_hostname,
  coalesce(d.rrtype, d.queries[1].rrtype, '') AS query_type,
  -- Version 3 writes a code on a question, too.
  if(is_answer, ifNull(d.rcode, ''), '') AS rcode,
  arrayFilter(one -> one != '', multiIf(NOT is_answer, CAST([], 'Array(String)'), d.rdata IS NOT NULL, [ifNull(d.rdata, '')], notEmpty(records), records, grouped)) AS answers,
  concat(ifNull(flow_id, ''), if(d.id IS NULL, '', concat('.', d.id))) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.dns IS NULL, if(isValidUTF8(raw), 'not a Suricata dns event: no event_type or no dns', 'not valid UTF-8'),
    event_type != 'dns', concat('event_type is not dns: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(src_port) IS NULL, concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL, concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    NOT ifNull(d.type IN ('query', 'request', 'answer', 'response'), 0), concat('dns.type is none of query, request, answer, response: ', ifNull(d.type, 'missing')),
    '') AS reject
FROM {{input}} AS log
