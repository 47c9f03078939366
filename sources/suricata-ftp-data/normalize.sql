-- Suricata EVE, ftp_data: one data connection of FTP a line, with the command it served and the file it carried.
WITH
  to_time(timestamp) AS happened,
  JSONExtract(if(startsWith(ifNull(log.ftp_data, ''), '{'), ifNull(log.ftp_data, ''), ''), 'Tuple(command Nullable(String), filename Nullable(String))') AS f,
  upper(ifNull(f.command, '')) AS verb,
  -- An active data connection is opened by the server, from port 20.
  ifNull(src_port = '20', 0) AS is_turned
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(if(is_turned, dest_ip, src_ip)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(if(is_turned, dest_port, src_port)), 0) AS src_endpoint_port,
  ifNull(to_ip(if(is_turned, src_ip, dest_ip)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(if(is_turned, src_port, dest_port)), 0) AS dst_endpoint_port,
  multiIf(verb IN ('STOR', 'APPE', 'STOU'), 'put', verb = 'RETR', 'get', verb IN ('LIST', 'NLST', 'MLSD'), 'list', 'other') AS activity,
  verb AS command,
  mask_credentials(ifNull(f.filename, '')) AS file_name,
  ifNull(to_ip(dest_ip), toIPv6('::')) AS data_ip,
  ifNull(to_port(dest_port), 0) AS data_port,
  ifNull(flow_id, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    event_type IS NULL OR log.ftp_data IS NULL, if(isValidUTF8(raw), 'not a Suricata ftp_data event: no event_type or no ftp_data', 'not valid UTF-8'),
    event_type != 'ftp_data', concat('event_type is not ftp_data: ', event_type),
    happened IS NULL, concat('timestamp is no time: ', ifNull(timestamp, 'missing')),
    is_absurd_time(time), concat('timestamp is out of range: ', timestamp),
    to_ip(src_ip) IS NULL, concat('src_ip is no address: ', ifNull(src_ip, 'missing')),
    to_ip(dest_ip) IS NULL, concat('dest_ip is no address: ', ifNull(dest_ip, 'missing')),
    to_port(src_port) IS NULL, concat('src_port is no port: ', ifNull(src_port, 'missing')),
    to_port(dest_port) IS NULL, concat('dest_port is no port: ', ifNull(dest_port, 'missing')),
    '') AS reject
FROM {{input}} AS log
