-- Zeek ftp.log: one command (and its answer) a line. The columns user and password are never read.
WITH
  to_time(ts) AS started,
  upper(ifNull(log.command, '')) AS verb,
  -- ftp://host/path; Zeek puts "/./" where it does not know the folder the session is in.
  replaceRegexpOne(replaceRegexpOne(ifNull(arg, ''), '^ftp://[^/]*', ''), '^/[.]/', '') AS named
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(`id.orig_h`), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(`id.orig_p`), 0) AS src_endpoint_port,
  ifNull(to_ip(`id.resp_h`), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(`id.resp_p`), 0) AS dst_endpoint_port,
  multiIf(
    verb IN ('STOR', 'APPE', 'STOU'), 'put',
    verb = 'RETR', 'get',
    verb IN ('LIST', 'NLST', 'MLSD', 'MLST'), 'list',
    'other') AS activity,
  verb AS command,
  -- Of PASS, USER, PORT and the like the argument is no file.
  if(activity != 'other' OR verb IN ('DELE', 'RNFR', 'RNTO', 'MKD', 'RMD', 'CWD', 'SIZE', 'MDTM'), mask_credentials(named), '') AS file_name,
  ifNull(to_count(log.file_size), 0) AS file_size,
  ifNull(to_port(reply_code), 0) AS code,
  ifNull(to_ip(`data_channel.resp_h`), toIPv6('::')) AS data_ip,
  ifNull(to_port(`data_channel.resp_p`), 0) AS data_port,
  ifNull(uid, '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ts IS NULL AND `id.orig_h` IS NULL, if(isValidUTF8(raw), 'not a Zeek ftp record: no ts, no id.orig_h', 'not valid UTF-8'),
    started IS NULL, concat('ts is no time: ', ifNull(ts, 'missing')),
    is_absurd_time(time), concat('ts is out of range: ', ts),
    to_ip(`id.orig_h`) IS NULL, concat('id.orig_h is no address: ', ifNull(`id.orig_h`, 'missing')),
    to_ip(`id.resp_h`) IS NULL, concat('id.resp_h is no address: ', ifNull(`id.resp_h`, 'missing')),
    to_port(`id.orig_p`) IS NULL, concat('id.orig_p is no port: ', ifNull(`id.orig_p`, 'missing')),
    to_port(`id.resp_p`) IS NULL, concat('id.resp_p is no port: ', ifNull(`id.resp_p`, 'missing')),
    verb = '', 'command is missing',
    log.file_size IS NOT NULL AND to_count(log.file_size) IS NULL, concat('file_size is no count: ', log.file_size),
    reply_code IS NOT NULL AND to_port(reply_code) IS NULL, concat('reply_code is no code: ', reply_code),
    `data_channel.resp_h` IS NOT NULL AND to_ip(`data_channel.resp_h`) IS NULL, concat('data_channel.resp_h is no address: ', `data_channel.resp_h`),
    `data_channel.resp_p` IS NOT NULL AND to_port(`data_channel.resp_p`) IS NULL, concat('data_channel.resp_p is no port: ', `data_channel.resp_p`),
    '') AS reject
FROM {{input}} AS log
