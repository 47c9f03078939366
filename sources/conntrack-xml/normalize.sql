-- conntrack -o xml: one <flow> a line; meta "original" is the tuple the connection began with, "reply" that of its answers.
-- Time: <when> (whole seconds, local), else the '# epoch' line above (a polled table).
WITH
  extract(raw, '<flow type="(\\w+)"') AS event,
  splitByString('<meta direction="', raw) AS metas,
  arrayFirst(meta -> startsWith(meta, 'original"'), metas) AS original,
  arrayFirst(meta -> startsWith(meta, 'reply"'), metas) AS reply,
  -- ICMP has an <id> of its own in each tuple; conntrack's stands here.
  arrayFirst(meta -> startsWith(meta, 'independent"'), metas) AS entry,
  extractGroups(entry, '<when><hour>(\\d{1,2})</hour><min>(\\d{1,2})</min><sec>(\\d{1,2})</sec>(?:<wday>\\d+</wday>)?<day>(\\d{1,2})</day><month>(\\d{1,2})</month><year>(\\d{4})</year></when>') AS clock,
  arrayMap(part -> if(length(part) = 1, concat('0', part), part), clock) AS digits,
  if(length(clock) = 6, to_time(format('{0}-{1}-{2} {3}:{4}:{5}', digits[6], digits[5], digits[4], digits[1], digits[2], digits[3])), NULL) AS seen,
  coalesce(seen, polled) AS moment,
  extract(entry, '<deltatime>([^<]*)<') AS age,
  to_count(if(age = '', '0', age)) AS age_seconds,
  extractGroups(original, '<layer4 protonum="(\\d+)" protoname="([^"]*)"') AS protocol,
  arrayFilter(port -> port != '', [extract(original, '<sport>([^<]*)<'), extract(original, '<dport>([^<]*)<'), extract(reply, '<sport>([^<]*)<'), extract(reply, '<dport>([^<]*)<')]) AS ports,
  arrayFilter(n -> n != '', [extract(original, '<packets>([^<]*)<'), extract(original, '<bytes>([^<]*)<'), extract(reply, '<packets>([^<]*)<'), extract(reply, '<bytes>([^<]*)<')]) AS counts
SELECT
  ifNull(moment, toDateTime64(0, 6, 'UTC'))
    - toIntervalSecond(toInt64(if(event IN ('', 'destroy') AND age_seconds < 3000000000, age_seconds, 0))) AS time,
  ifNull(moment, toDateTime64(0, 6, 'UTC')) AS end_time,
  ifNull(to_ip(extract(original, '<src>([^<]*)<')), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(original, '<sport>([^<]*)<')), 0) AS src_endpoint_port,
  ifNull(to_ip(extract(original, '<dst>([^<]*)<')), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(extract(original, '<dport>([^<]*)<')), 0) AS dst_endpoint_port,
  ifNull(to_ip(extract(reply, '<dst>([^<]*)<')), src_endpoint_ip) AS translated_src_ip,
  ifNull(to_port(extract(reply, '<dport>([^<]*)<')), 0) AS translated_src_port,
  ifNull(to_ip(extract(reply, '<src>([^<]*)<')), dst_endpoint_ip) AS translated_dst_ip,
  ifNull(to_port(extract(reply, '<sport>([^<]*)<')), 0) AS translated_dst_port,
  if(protocol[2] = 'unknown', if(protocol[1] = '2', 'igmp', concat('ip-', protocol[1])), protocol[2]) AS connection_info_protocol_name,
  ifNull(to_count(extract(original, '<bytes>([^<]*)<')), 0) AS traffic_bytes_out,
  ifNull(to_count(extract(reply, '<bytes>([^<]*)<')), 0) AS traffic_bytes_in,
  ifNull(to_count(extract(original, '<packets>([^<]*)<')), 0) AS traffic_packets_out,
  ifNull(to_count(extract(reply, '<packets>([^<]*)<')), 0) AS traffic_packets_in,
  length(counts) > 0 AS has_bytes,
  1 AS time_error,
  multiIf(event = 'new', 'start', event = 'update', 'update', event = 'destroy', 'end', 'poll') AS view,
  extract(entry, '<state>([^<]*)<') AS connection_state,
  extract(entry, '<id>(\\d+)</id>') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    original = '', if(isValidUTF8(raw), 'not a conntrack <flow> with both of its ends on one line', 'not valid UTF-8'),
    event NOT IN ('', 'new', 'update', 'destroy'), concat('not a known type of event: ', event),
    moment IS NULL, 'no time: no <when> (ask for -o xml,timestamp) and no "# <epoch seconds>" line above it',
    is_absurd_time(moment) OR is_absurd_time(time), concat('time is out of range: ', toString(moment)),
    NOT ifNull(age_seconds < 3000000000, 0), concat('deltatime is no number of seconds: ', age),
    to_ip(extract(original, '<src>([^<]*)<')) IS NULL OR to_ip(extract(original, '<dst>([^<]*)<')) IS NULL, concat('no addresses: ', substring(original, 1, 120)),
    arrayExists(port -> to_port(port) IS NULL, ports), concat('not a port: ', arrayStringConcat(ports, ' ')),
    arrayExists(n -> to_count(n) IS NULL, counts), concat('not a count: ', arrayStringConcat(counts, ' ')),
    '') AS reject
FROM (
  -- The nearest epoch above, in chunks of 100,000 lines so that memory stays bounded; an epoch line also counts for the ten chunks after its own.
  SELECT line_number, raw, copy,
    last_value(epoch) IGNORE NULLS OVER (PARTITION BY chunk ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS polled
  FROM (
    SELECT line_number, raw, epoch, arrayJoin(if(epoch IS NULL, [0], range(11))) AS copy, intDiv(line_number, 100000) + copy AS chunk
    FROM (SELECT line_number, raw, if(match(raw, '^(#|==) [0-9.]+\\s*$'), to_time(extract(raw, '[0-9.]+')), NULL) AS epoch FROM {{input}})))
WHERE copy = 0
