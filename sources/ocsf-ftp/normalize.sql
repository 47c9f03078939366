-- OCSF 4008: a command of a session.
WITH
  -- OCSF counts milliseconds; some producers write a date.
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  ifNull(src_endpoint, '') AS src,
  ifNull(dst_endpoint, '') AS dst,
  JSONExtractString(src, 'ip') AS client,
  JSONExtractString(dst, 'ip') AS server,
  to_port(JSONExtract(src, 'port', 'Nullable(String)')) AS client_port,
  to_port(JSONExtract(dst, 'port', 'Nullable(String)')) AS server_port,
  at(log.time) AS happened,
  splitByChar(' ', trim(ifNull(log.command, ''))) AS words,
  upper(words[1]) AS verb
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(client), toIPv6('::')) AS src_endpoint_ip,
  ifNull(client_port, 0) AS src_endpoint_port,
  ifNull(to_ip(server), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(server_port, 0) AS dst_endpoint_port,
  multiIf(verb IN ('STOR', 'APPE', 'STOU'), 'put', verb = 'RETR', 'get', verb IN ('LIST', 'NLST', 'MLSD', 'MLST'), 'list', 'other') AS activity,
  verb AS command,
  -- What follows PASS is a secret, what follows USER a name: neither is kept.
  mask_credentials(JSONExtractString(ifNull(log.file, ''), 'name')) AS file_name,
  ifNull(to_count(JSONExtract(ifNull(log.file, ''), 'size', 'Nullable(String)')), 0) AS file_size,
  ifNull(to_port(JSONExtract(ifNull(codes, ''), 'Array(Nullable(String))')[-1]), 0) AS code,
  ifNull(to_port(port), 0) AS data_port,
  JSONExtractString(ifNull(connection_info, ''), 'uid') AS session_uid,
  JSONExtractString(ifNull(container, ''), 'uid') AS container_uid,
  JSONExtractString(ifNull(device, ''), 'hostname') AS node,
  line_number AS line,
  raw,
  multiIf(
    log.time IS NULL, if(isValidUTF8(raw), 'no JSON of an OCSF event, or no time', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', log.time),
    is_absurd_time(happened), concat('time is out of range: ', log.time),
    to_ip(client) IS NULL, concat('src_endpoint.ip is no address: ', client),
    to_ip(server) IS NULL, concat('dst_endpoint.ip is no address: ', server),
    JSONHas(src, 'port') AND client_port IS NULL, concat('src_endpoint.port is no port: ', JSONExtractRaw(src, 'port')),
    JSONHas(dst, 'port') AND server_port IS NULL, concat('dst_endpoint.port is no port: ', JSONExtractRaw(dst, 'port')),
    verb = '', 'no command',
    '') AS reject
FROM {{input}} AS log
