-- Zeek dns.log: one query (and its answer) a line.
WITH
  to_time(ts) AS started,
  -- Names where Zeek (or a converter) wrote only the number.
  transform(ifNull(qtype, ''), ['1', '2', '5', '6', '12', '15', '16', '28', '33', '65', '255'],
    ['A', 'NS', 'CNAME', 'SOA', 'PTR', 'MX', 'TXT', 'AAAA', 'SRV', 'HTTPS', '*'], ifNull(qtype, '')) AS type_by_number,
  transform(ifNull(log.rcode, ''), ['0', '1', '2', '3', '4', '5'],
    ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'], ifNull(log.rcode, '')) AS rcode_by_number
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(`id.orig_h`), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(`id.orig_p`), 0) AS src_endpoint_port,
  ifNull(to_ip(`id.resp_h`), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(`id.resp_p`), 0) AS dst_endpoint_port,
  lower(replaceRegexpOne(ifNull(query, ''), '[.]$', '')) AS query_hostname,
  ifNull(qtype_name, type_by_number) AS query_type,
  ifNull(rcode_name, rcode_by_number) AS rcode,
  zeek_list(log.answers) AS answers,
  ifNull(uid, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ts IS NULL AND `id.orig_h` IS NULL, if(isValidUTF8(raw), 'not a Zeek dns record: no ts, no id.orig_h', 'not valid UTF-8'),
    started IS NULL, concat('ts is no time: ', ifNull(ts, 'missing')),
    is_absurd_time(time), concat('ts is out of range: ', ts),
    to_ip(`id.orig_h`) IS NULL, concat('id.orig_h is no address: ', ifNull(`id.orig_h`, 'missing')),
    to_ip(`id.resp_h`) IS NULL, concat('id.resp_h is no address: ', ifNull(`id.resp_h`, 'missing')),
    to_port(`id.orig_p`) IS NULL, concat('id.orig_p is no port: ', ifNull(`id.orig_p`, 'missing')),
    to_port(`id.resp_p`) IS NULL, concat('id.resp_p is no port: ', ifNull(`id.resp_p`, 'missing')),
    '') AS reject
FROM {{input}} AS log
