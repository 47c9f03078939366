-- Istio's access log, as text or JSON: a request with both ends of the connection it came by.
WITH
  -- From the front and from the back: what stands between, the client's program and its id of the request, may hold quotes.
  extractGroups(raw, '^\\[(\\S+)\\] "(\\S+) (\\S+) \\S+" (\\d+) \\S+ \\S+ \\S+ "[^"]*" (\\d+) (\\d+) \\d+ \\S+ "[^"]*" "(.*)" "([^"]*)" "([^"]*)" (\\S+) \\S+ (\\S+) (\\S+) \\S+ \\S+$') AS parts,
  notEmpty(parts) AS is_text,
  if(is_text, parts[1], start_time) AS stamp,
  to_time(stamp) AS started,
  if(is_text, parts[2], ifNull(method, '')) AS verb,
  if(is_text, parts[3], ifNull(log.path, '')) AS target,
  if(is_text, parts[5], bytes_received) AS came,
  if(is_text, parts[6], bytes_sent) AS went,
  if(is_text, parts[9], ifNull(upstream_host, '')) AS server,
  if(is_text, parts[10], ifNull(upstream_cluster, '')) AS cluster,
  if(is_text, parts[11], ifNull(downstream_local_address, '')) AS called,
  if(is_text, parts[12], ifNull(downstream_remote_address, '')) AS client,
  if(is_text, parts[8], ifNull(authority, '')) AS asked,
  if(is_text, extract(parts[7], '^(.*)" "[^"]*$'), ifNull(log.user_agent, '')) AS agent
SELECT
  ifNull(started, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(host_of(client)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(client, ':([0-9]{1,5})$')), 0) AS src_endpoint_port,
  ifNull(to_ip(host_of(called)), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(extract(called, ':([0-9]{1,5})$')), 0) AS dst_endpoint_port,
  if(verb = '-', '', verb) AS http_request_method,
  if(asked = '-', '', host_of(asked)) AS url_hostname,
  mask_credentials(if(target = '-', '', target)) AS url_path,
  mask_credentials(if(agent = '-', '', agent)) AS user_agent,
  ifNull(to_count(came), 0) AS request_body_bytes,
  ifNull(to_count(went), 0) AS response_body_bytes,
  ifNull(to_port(if(is_text, parts[4], response_code)), 0) AS http_status,
  -- A gateway to the outside: called at an address inside, and the server is outside.
  startsWith(cluster, 'outbound') AND is_private_address(dst_endpoint_ip) AND ifNull(NOT is_private_address(to_ip(host_of(server))), 0) AS is_proxied,
  replaceRegexpOne(if(is_text, extract(parts[7], '" "([^"]*)$'), ifNull(request_id, '')), '^-$', '') AS session_uid,
  line_number AS line,
  raw,
  multiIf(
    NOT is_text AND start_time IS NULL, if(isValidUTF8(raw), 'not a request of Istio''s access log', 'not valid UTF-8'),
    started IS NULL, concat('no time: ', stamp),
    is_absurd_time(started), concat('time is out of range: ', stamp),
    to_ip(host_of(client)) IS NULL, concat('downstream_remote_address is no address: ', client),
    to_ip(host_of(called)) IS NULL, concat('downstream_local_address is no address: ', called),
    to_count(came) IS NULL, concat('bytes_received is no count: ', ifNull(came, 'missing')),
    to_count(went) IS NULL, concat('bytes_sent is no count: ', ifNull(went, 'missing')),
    '') AS reject
FROM {{input}} AS log
