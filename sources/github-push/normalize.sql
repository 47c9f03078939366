-- GitHub: the payload of a push event.
WITH
  ifNull(repository_text, '') AS about,
  JSONExtractRaw(about, 'pushed_at') AS stamp,
  to_time(trim(BOTH '"' FROM stamp)) AS happened,
  length(JSONExtractArrayRaw(ifNull(commits, ''))) AS listed
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'code-host' AS service_kind,
  if(deleted = 'true', 'delete', 'push') AS api_operation,
  host_of(domain(JSONExtractString(about, 'html_url'))) AS host,
  JSONExtractString(about, 'full_name') AS repository,
  'code' AS resource_type,
  ifNull(after, '') AS resource_uid,
  -- A deploy key has no login: then the key's owner.
  if(JSONExtractString(ifNull(sender, ''), 'login') != '', JSONExtractString(ifNull(sender, ''), 'login'), JSONExtractString(ifNull(pusher, ''), 'name')) AS actor_user_name,
  JSONHas(about, 'private') AND NOT JSONExtractBool(about, 'private') AS is_public,
  substringUTF8(mask_credentials(concat(ifNull(ref, ''), if(created = 'true', ' created', ''), if(forced = 'true', ' forced', ''), ' ', ifNull(size, toString(listed)), ' commits')), 1, 1000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    ref IS NULL OR repository = '', if(isValidUTF8(raw), 'not a push: no ref or no repository', 'not valid UTF-8'),
    happened IS NULL, concat('repository.pushed_at is no time: ', substringUTF8(stamp, 1, 80)),
    is_absurd_time(happened), concat('repository.pushed_at is out of range: ', substringUTF8(stamp, 1, 80)),
    '') AS reject
FROM (SELECT * EXCEPT (repository), repository AS repository_text FROM {{input}})
