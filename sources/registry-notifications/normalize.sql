-- Notifications of a registry: an envelope with one event, or the event alone, a line.
WITH
  JSONExtractArrayRaw(ifNull(events, '[]')) AS enclosed,
  if(events IS NULL, raw, ifNull(enclosed[1], '')) AS event,
  to_time(JSONExtractString(event, 'timestamp')) AS happened,
  JSONExtractRaw(event, 'target') AS what,
  JSONExtractRaw(event, 'request') AS asked,
  JSONExtractString(asked, 'addr') AS client,
  JSONExtractString(what, 'mediaType') AS media_type,
  JSONExtractString(what, 'url') AS url,
  arrayMap(part -> JSONExtractString(part, 'mediaType'), JSONExtractArrayRaw(what, 'references')) AS referenced
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'registry' AS service_kind,
  JSONExtractString(event, 'action') AS api_operation,
  host_of(JSONExtractString(asked, 'host')) AS host,
  JSONExtractString(what, 'repository') AS repository,
  multiIf(position(url, '/manifests/') > 0, 'manifest', position(url, '/blobs/') > 0 OR media_type = 'application/octet-stream', 'blob', media_type != '', 'manifest', 'other') AS resource_type,
  JSONExtractString(what, 'digest') AS resource_uid,
  arrayFilter(name -> name != '', arrayPushFront(referenced, if(resource_type = 'manifest', media_type, ''))) AS media_types,
  if(api_operation = 'push', if(JSONExtractUInt(what, 'length') > 0, JSONExtractUInt(what, 'length'), JSONExtractUInt(what, 'size')), 0) AS bytes,
  JSONExtractString(event, 'actor', 'name') AS actor_user_name,
  mask_credentials(JSONExtractString(asked, 'useragent')) AS user_agent,
  ifNull(to_ip(host_of(client)), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(extract(client, ':([0-9]{1,5})$')), 0) AS src_endpoint_port,
  JSONExtractString(asked, 'method') AS http_request_method,
  if(JSONExtractString(what, 'tag') = '', '', concat('tag ', substringUTF8(JSONExtractString(what, 'tag'), 1, 128))) AS detail,
  line_number AS line,
  raw,
  multiIf(
    events IS NOT NULL AND length(enclosed) != 1, concat('an envelope of ', toString(length(enclosed)), ' events: one event a line is read'),
    event = '' OR NOT isValidUTF8(raw), 'not a registry event',
    happened IS NULL, concat('timestamp is no time: ', JSONExtractString(event, 'timestamp')),
    is_absurd_time(happened), concat('timestamp is out of range: ', JSONExtractString(event, 'timestamp')),
    api_operation = '', 'no action',
    repository = '', 'no repository',
    '') AS reject
FROM {{input}}
