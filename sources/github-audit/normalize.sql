-- GitHub's audit log: one JSON object an event. Times are epoch milliseconds in streams and exports.
WITH
  coalesce(`@timestamp`, created_at) AS stamp,
  if(match(ifNull(stamp, ''), '^[0-9]{13}$'), fromUnixTimestamp64Milli(ifNull(toInt64OrNull(stamp), 0), 'UTC'), NULL) AS exact,
  coalesce(toDateTime64(exact, 6, 'UTC'), to_time(stamp)) AS happened,
  ifNull(action, '') AS act,
  lower(ifNull(visibility, '')) AS shown
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  'code-host' AS service_kind,
  multiIf(
    act = 'git.push', 'push',
    act IN ('git.clone', 'git.fetch', 'repo.download_zip'), 'pull',
    act IN ('repo.create', 'repo.fork'), 'create',
    act IN ('repo.access', 'repo.transfer', 'repo.transfer_outgoing', 'repo.pages_public', 'private_repository_forking.enable'), 'visibility',
    act IN ('public_key.create', 'deploy_key.create', 'repo.add_deploy_key'), 'key',
    act IN ('repo.add_member', 'org.add_outside_collaborator', 'repo.add_outside_collaborator'), 'member',
    act IN ('repo.destroy'), 'delete',
    'other') AS api_operation,
  'github.com' AS host,
  ifNull(repo, '') AS repository,
  multiIf(startsWith(act, 'git.'), 'code', api_operation = 'key', 'key', api_operation IN ('create', 'visibility', 'member', 'delete'), 'repository', 'other') AS resource_type,
  ifNull(actor, '') AS actor_user_name,
  substringUTF8(mask_credentials(ifNull(log.user_agent, '')), 1, 300) AS user_agent,
  ifNull(to_ip(actor_ip), toIPv6('::')) AS src_endpoint_ip,
  -- Of a change: whether it opened the repository. One handed over may have been open before.
  if(api_operation = 'visibility', act = 'repo.access' AND shown = 'public' AND lower(ifNull(previous_visibility, '')) != 'public',
    shown = 'public' OR ifNull(public_repo, '') IN ('true', '1') OR ifNull(repository_public, '') IN ('true', '1')) AS is_public,
  concat(act, if(programmatic_access_type IS NULL, '', concat(' by ', programmatic_access_type)), if(transport_protocol_name IS NULL, '', concat(' over ', transport_protocol_name)),
    if(_document_id IS NULL, '', concat(' ', _document_id))) AS detail,
  line_number AS line,
  raw,
  multiIf(
    act = '', if(isValidUTF8(raw), 'not an audit event: no action', 'not valid UTF-8'),
    happened IS NULL, concat('no time: ', ifNull(stamp, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', stamp),
    ifNull(actor_ip, '') != '' AND to_ip(actor_ip) IS NULL, concat('actor_ip is no address: ', actor_ip),
    '') AS reject
FROM {{input}} AS log
