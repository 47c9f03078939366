-- Suricata EVE, ftp: one command (and its answer) a line.
WITH
  to_time(timestamp) AS happened,
  ifNull(log.ftp, '') AS said,
  JSONExtract(if(startsWith(said, '{'), said, ''), 'Tuple(command Nullable(String), command_data Nullable(String), completion_code Array(String),
    dynamic_port Nullable(String), mode Nullable(String))') AS f,
  upper(ifNull(f.command, '')) AS verb
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(src_ip), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(src_port), 0) AS src_endpoint_port,
  ifNull(to_ip(dest_ip), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(dest_port), 0) AS dst_endpoint_port,
  multiIf(
    verb IN ('STOR', 'APPE', 'STOU'), 'put',
    verb = 'RETR', 'get',
    verb IN ('LIST', 'NLST', 'MLSD', 'MLST'), 'list',
    'other') AS activity,
  verb AS command,
  -- Of PASS, USER, PORT and the like the argument is no file.
  if(activity != 'other' OR verb IN ('DELE', 'RNFR', 'RNTO', 'MKD', 'RMD', 'CWD', 'SIZE', 'MDTM'), mask_credentials(ifNull(f.command_data, '')), '') AS file_name,
  ifNull(to_port(f.completion_code[-1]), 0) AS code,
  multiIf(
    f.dynamic_port IS NULL, toIPv6('::'),
    f.mode = 'active', src_endpoint_ip,
    dst_endpoint_ip) AS data_ip,
  ifNull(to_port(f.dynamic_port), 0) AS data_port,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  -- A rejected line is kept; its password is not.
  replaceRegexpAll(log.raw, '("(?:command_data|reply)"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"?|\\[[^\\]]*\\]?)', '\\1"***"') AS raw,
  multiIf(
    event_type IS NULL OR log.ftp IS NULL, if(isValidUTF8(log.raw), 'not a Suricata ftp event: no event_type or no ftp', 'not valid UTF-8'),
    event_type != 'ftp', concat('event_type is not ftp: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(src_port) IS NULL, concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL, concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    f.dynamic_port IS NOT NULL AND to_port(f.dynamic_port) IS NULL, concat('dynamic_port is no port: ', f.dynamic_port),
    '') AS reject
FROM {{input}} AS log
