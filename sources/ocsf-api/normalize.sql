-- OCSF 6003: a call of an API. Of Kubernetes the path says what it was about.
WITH
  -- OCSF counts milliseconds; some producers write a date.
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  ifNull(api, '') AS call,
  ifNull(http_request, '') AS asked,
  JSONExtractRaw(asked, 'url') AS url,
  coalesce(nullIf(JSONExtractString(url, 'path'), ''), JSONExtractString(url, 'url_string')) AS uri_path,
  coalesce(nullIf(JSONExtractString(url, 'query_string'), ''), extract(uri_path, '[?](.*)$')) AS query,
  extractGroups(cutQueryString(uri_path), '^/apis?/.*?/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?(?:/([^/]+))?') AS parts,
  at(log.time) AS happened,
  JSONExtractString(call, 'operation') AS operation,
  JSONExtractRaw(ifNull(resources, ''), 1) AS first,
  JSONExtractString(ifNull(src_endpoint, ''), 'ip') AS client,
  arrayMap(word -> decodeURLFormComponent(word), extractAll(concat('&', query), '&command=([^&#]*)')) AS argv,
  -- Quoted as a shell would need them.
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), argv), ' ') AS command
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  operation AS api_operation,
  if(parts[2] != '', parts[2], JSONExtractString(first, 'type')) AS resource_type,
  JSONExtractString(first, 'uid') AS resource_uid,
  coalesce(nullIf(parts[3], ''), JSONExtractString(first, 'name')) AS resource_name,
  coalesce(nullIf(parts[1], ''), JSONExtractString(first, 'namespace')) AS namespace,
  parts[4] AS subresource,
  JSONExtractString(ifNull(actor, ''), 'user', 'name') AS actor_user_name,
  ifNull(to_ip(client), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(coalesce(JSONExtract(ifNull(http_response, ''), 'code', 'Nullable(String)'), JSONExtract(call, 'response', 'code', 'Nullable(String)'))), 0) AS http_status,
  mask_credentials(command) AS cmd_line,
  match(query, '(?:^|&)tty=(?:true|1)(?:&|$)') AND match(query, '(?:^|&)stdin=(?:true|1)(?:&|$)') AS is_interactive,
  decodeURLFormComponent(extract(concat('&', query), '&container=([^&#]*)')) AS container_name,
  substringUTF8(mask_credentials(concat(JSONExtractString(call, 'service', 'name'), ' ', cutQueryString(uri_path), ' ', JSONExtractString(asked, 'user_agent'), ' ', JSONExtractString(ifNull(metadata, ''), 'uid'))), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    log.time IS NULL, if(isValidUTF8(raw), 'no JSON of an OCSF event, or no time', 'not valid UTF-8'),
    happened IS NULL, concat('time is no time: ', log.time),
    is_absurd_time(happened), concat('time is out of range: ', log.time),
    operation = '', 'no api.operation',
    '') AS reject
FROM {{input}} AS log
