-- Traefik: one JSON object a request.
WITH
  coalesce(StartUTC, log.time) AS stamp,
  to_time(stamp) AS started,
  ifNull(ClientAddr, '') AS client,
  ifNull(ServiceAddr, '') AS server,
  to_count(RequestContentSize) AS came
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(host_of(client)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(client, ':([0-9]{1,5})$')), 0) AS src_endpoint_port,
  ifNull(to_ip(host_of(server)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(extract(server, ':([0-9]{1,5})$')), 0) AS dst_endpoint_port,
  ifNull(RequestMethod, '') AS http_request_method,
  host_of(ifNull(RequestHost, '')) AS url_hostname,
  mask_credentials(ifNull(RequestPath, '')) AS url_path,
  mask_credentials(ifNull(log.`request_User-Agent`, '')) AS user_agent,
  ifNull(came, 0) AS request_body_bytes,
  ifNull(to_count(coalesce(DownstreamContentSize, OriginContentSize)), 0) AS response_body_bytes,
  ifNull(to_port(DownstreamStatus), 0) AS http_status,
  -- Requests of one connection may come in one packet.
  concat(ifNull(RequestContentSize, ''), ' ', ifNull(DownstreamContentSize, '')) AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    ClientAddr IS NULL, if(isValidUTF8(raw), 'not a line of Traefik''s access log, or no ClientAddr', 'not valid UTF-8'),
    started IS NULL, concat('StartUTC is no time: ', ifNull(stamp, 'missing')),
    is_absurd_time(started), concat('StartUTC is out of range: ', stamp),
    to_ip(host_of(client)) IS NULL, concat('ClientAddr is no address: ', client),
    RequestContentSize IS NOT NULL AND came IS NULL, concat('RequestContentSize is no count: ', RequestContentSize),
    '') AS reject
FROM {{input}} AS log
