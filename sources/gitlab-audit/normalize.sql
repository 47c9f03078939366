-- GitLab: an audit event, streamed (with its details inside) or from audit_json.log (with its details beside).
WITH
  ifNull(details, '') AS inner,
  to_time(coalesce(created_at, log.time)) AS happened,
  coalesce(custom_message, nullIf(JSONExtractRaw(inner, 'custom_message'), '')) AS message,
  concat(JSONExtractString(ifNull(message, ''), 'action'), ' ', JSONExtractString(ifNull(message, ''), 'verb')) AS git,
  coalesce(event_type, event_name, JSONExtractString(inner, 'event_name')) AS event,
  coalesce(change, JSONExtractString(inner, 'change')) AS changed,
  coalesce(add, JSONExtractString(inner, 'add')) AS added,
  coalesce(remove, JSONExtractString(inner, 'remove')) AS removed,
  coalesce(log.to, JSONExtractString(inner, 'to')) AS became,
  coalesce(entity_path, nullIf(JSONExtractString(inner, 'entity_path'), ''), if(target_type = 'Project', target_details, NULL), '') AS path,
  coalesce(nullIf(ip_address, ''), JSONExtractString(inner, 'ip_address')) AS client
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'code-host' AS service_kind,
  multiIf(
    match(git, 'git-receive-pack| push$'), 'push',
    match(git, 'git-upload-pack| (?:pull|fetch|clone)$'), 'pull',
    match(changed, 'visibility') OR match(event, 'visibility'), 'visibility',
    match(added, '^(?:project|repository)$') OR match(event, '^project_(?:created|imported|forked|transferred)'), 'create',
    match(added, 'key|token') OR match(event, '(?:key|token)_(?:added|created)'), 'key',
    match(added, 'user_access|member') OR match(event, 'member_(?:created|added)'), 'member',
    match(removed, '^(?:project|repository)$') OR match(event, '^project_(?:destroyed|deleted|removed)'), 'delete',
    'other') AS api_operation,
  path AS repository,
  multiIf(api_operation IN ('push', 'pull'), 'code', api_operation = 'key', 'key', api_operation = 'other', 'other', 'repository') AS resource_type,
  if(api_operation = 'push', JSONExtractUInt(ifNull(message, ''), 'received_bytes'), 0) AS bytes,
  coalesce(author_name, JSONExtractString(inner, 'author_name')) AS actor_user_name,
  ifNull(to_ip(client), toIPv6('::')) AS src_endpoint_ip,
  api_operation = 'visibility' AND lower(became) = 'public' AS is_public,
  substringUTF8(mask_credentials(arrayStringConcat(arrayFilter(word -> word != '', [event, trim(git), JSONExtractString(ifNull(message, ''), 'protocol'), if(changed = '', '', concat('change ', changed)), if(added = '', '', concat('add ', added)),
    if(removed = '', '', concat('remove ', removed)), if(became = '', '', concat('to ', became)), ifNull(id, '')]), ' ')), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    entity_type IS NULL, if(isValidUTF8(raw), 'not an audit event: no entity_type', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', coalesce(created_at, log.time, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', coalesce(created_at, log.time)),
    client != '' AND to_ip(client) IS NULL, concat('ip_address is no address: ', client),
    '') AS reject
FROM {{input}} AS log
