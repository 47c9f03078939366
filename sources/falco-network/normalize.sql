-- Falco alert about a connection that names no command. fd.name is "client:port->server:port", IPv6 without brackets: the last colon parts the port.
WITH
  mapApply((key, value) -> (key, if(value IN ('null', '<NA>'), '', value)), JSONExtract(ifNull(output_fields, ''), 'Map(String, String)')) AS field,
  coalesce(to_time(time_text), to_time(field['evt.time.iso8601']), if(match(field['evt.time'], '^[0-9]{19}$'), fromUnixTimestamp64Micro(intDiv(toInt64OrZero(field['evt.time']), 1000), 'UTC'), NULL)) AS happened,
  extractGroups(field['fd.name'], '^\\[?([0-9A-Fa-f:.]+)\\]?:([0-9]+)->\\[?([0-9A-Fa-f:.]+)\\]?:([0-9]+)$') AS ends,
  length(ends) = 4 AS has_ends,
  if(has_ends, ends[1], field['fd.cip']) AS client,
  if(has_ends, ends[2], field['fd.cport']) AS client_port,
  if(has_ends, ends[3], field['fd.sip']) AS server,
  if(has_ends, ends[4], field['fd.sport']) AS server_port
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  time AS end_time,
  ifNull(to_ip(client), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(client_port), 0) AS src_endpoint_port,
  ifNull(to_ip(server), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(server_port), 0) AS dst_endpoint_port,
  if(field['fd.l4proto'] = '', 'unknown', lower(field['fd.l4proto'])) AS connection_info_protocol_name,
  toUInt8(0) AS has_bytes,
  if(field['evt.type'] IN ('connect', 'accept', 'accept4'), 'start', 'update') AS view,
  if(field['fd.sip.name'] IN ('', server), '', lower(field['fd.sip.name'])) AS dst_endpoint_domain,
  -- The container at the client's end; who sends or accepts may be the server.
  multiIf(field['evt.type'] != 'connect', '', field['container.full_id'] != '', field['container.full_id'], field['container.id']) AS container_uid,
  ifNull(hostname, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    rule_text IS NULL OR output_fields IS NULL, if(isValidUTF8(raw), 'not a Falco alert: no rule or no output_fields', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', ifNull(time_text, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', ifNull(time_text, field['evt.time'])),
    to_ip(client) IS NULL OR to_ip(server) IS NULL, concat('the alert names no two addresses: ', field['fd.name']),
    to_port(client_port) IS NULL OR to_port(server_port) IS NULL, concat('the alert names no two ports: ', field['fd.name']),
    '') AS reject
FROM (SELECT line_number, raw, hostname, output_fields, rule AS rule_text, time AS time_text FROM {{input}})
