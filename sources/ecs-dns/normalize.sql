-- ECS: a question and its answer. Each key is looked for as it is written flat, then nested.
WITH
  (x -> coalesce(toDateTime64(if(match(ifNull(x, ''), '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(x), 0), 'UTC'), NULL), 6, 'UTC'), to_time(x))) AS at,
  at(log.`@timestamp`) AS happened,
  coalesce(log.`source.ip`, JSONExtract(ifNull(log.`source`, ''), 'ip', 'Nullable(String)')) AS client,
  coalesce(log.`destination.ip`, JSONExtract(ifNull(log.`destination`, ''), 'ip', 'Nullable(String)')) AS server,
  coalesce(log.`source.port`, JSONExtract(ifNull(log.`source`, ''), 'port', 'Nullable(String)')) AS client_port,
  coalesce(log.`destination.port`, JSONExtract(ifNull(log.`destination`, ''), 'port', 'Nullable(String)')) AS server_port,
  ifNull(coalesce(log.`dns.question.name`, JSONExtract(ifNull(log.`dns`, ''), 'question', 'name', 'Nullable(String)')), '') AS name,
  arrayFilter(text -> text != '', arrayMap(one -> JSONExtractString(one, 'data'), JSONExtractArrayRaw(ifNull(coalesce(log.`dns.answers`, JSONExtract(ifNull(log.`dns`, ''), 'answers', 'Nullable(String)')), '')))) AS told,
  JSONExtract(ifNull(coalesce(log.`dns.resolved_ip`, JSONExtract(ifNull(log.`dns`, ''), 'resolved_ip', 'Nullable(String)')), ''), 'Array(String)') AS resolved
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(to_ip(client), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(client_port), 0) AS src_endpoint_port,
  ifNull(to_ip(server), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(server_port), 0) AS dst_endpoint_port,
  lower(replaceRegexpOne(name, '[.]$', '')) AS query_hostname,
  upper(ifNull(coalesce(log.`dns.question.type`, JSONExtract(ifNull(log.`dns`, ''), 'question', 'type', 'Nullable(String)')), '')) AS query_type,
  upper(ifNull(coalesce(log.`dns.response_code`, JSONExtract(ifNull(log.`dns`, ''), 'response_code', 'Nullable(String)')), '')) AS rcode,
  if(notEmpty(told), told, resolved) AS answers,
  ifNull(coalesce(log.`dns.id`, JSONExtract(ifNull(log.`dns`, ''), 'id', 'Nullable(String)')), '') AS session_uid,
  ifNull(coalesce(log.`container.id`, JSONExtract(ifNull(log.`container`, ''), 'id', 'Nullable(String)')), '') AS container_uid,
  ifNull(coalesce(log.`host.name`, JSONExtract(ifNull(log.`host`, ''), 'name', 'Nullable(String)')), '') AS node,
  line_number AS line,
  raw,
  multiIf(
    log.`@timestamp` IS NULL, if(isValidUTF8(raw), 'no JSON of an event, or no @timestamp', 'not valid UTF-8'),
    happened IS NULL, concat('@timestamp is no time: ', log.`@timestamp`),
    is_absurd_time(happened), concat('@timestamp is out of range: ', log.`@timestamp`),
    to_ip(client) IS NULL, concat('source.ip is no address: ', ifNull(client, 'missing')),
    server IS NOT NULL AND to_ip(server) IS NULL, concat('destination.ip is no address: ', server),
    client_port IS NOT NULL AND to_port(client_port) IS NULL, concat('source.port is no port: ', client_port),
    server_port IS NOT NULL AND to_port(server_port) IS NULL, concat('destination.port is no port: ', server_port),
    name = '', 'no dns.question.name',
    '') AS reject
FROM {{input}} AS log
