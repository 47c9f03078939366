-- what: Do HTTP requests of this entity have the form of a git push or of an image upload?
-- class: traffic
-- role: trigger
-- needs: http_activity, http_activity.request_body_bytes
-- parameters: push_floor_bytes
-- cost: 0.25
-- git posts to git-receive-pack. A registry is sent POST blobs/uploads/, PATCH and PUT, then the manifest; engines ask with HEAD what
-- is there already, plain HTTP clients do not. Where nobody counted bodies, the form alone counts.
WITH requests AS (
  SELECT entity_id, peer, time, request_body_bytes, method, user_agent, url_path,
    match(url_path, '/git-receive-pack$') AND method = 'POST' AS is_git,
    match(url_path, '^/v2/.+/blobs/uploads(?:/|$)') AND method IN ('POST', 'PATCH', 'PUT') AS is_blob,
    match(url_path, '^/v2/.+/manifests/') AND method = 'PUT' AS is_manifest,
    match(url_path, '^/v2/.+/(?:blobs|manifests)/') AND method IN ('HEAD', 'GET') AS is_question
  FROM http_request WHERE entity_id != '' AND NOT is_peer_inside AND NOT is_baseline AND (startsWith(url_path, '/v2/') OR is_git)
)
SELECT entity_id, min(time) AS window_from, max(time) + toIntervalSecond(1) AS window_to,
  sumIf(request_body_bytes, is_git OR is_blob OR is_manifest) AS sent, countIf(is_git) AS pushes, countIf(is_blob) AS uploads, countIf(is_manifest) AS manifests,
  uploads > 0 AND countIf(is_question) = 0 AS is_bare,
  0.4 + 0.3 * log_ramp(sent, {push_floor_bytes:UInt64}, 67108864) + if(is_bare, 0.15, 0) AS likelihood,
  concat(if(pushes > 0, concat(toString(pushes), ' git push', if(pushes = 1, '', 'es')), concat(toString(uploads), ' requests of an image upload')), ' to ', peer, if(sent > 0, concat(', ', formatReadableSize(sent)), ''),
    if(is_bare, ', by a client that never asked what was there', '')) AS says,
  map('request_body_bytes', toString(sent), 'git_pushes', toString(pushes), 'blob_requests', toString(uploads), 'manifests', toString(manifests), 'questions', toString(countIf(is_question)), 'user_agent', any(user_agent), 'peer', peer) AS measured,
  [peer] AS destinations
FROM requests GROUP BY entity_id, peer, toStartOfHour(time)
HAVING (pushes > 0 OR uploads > 0 OR manifests > 0) AND (sent = 0 OR sent >= {push_floor_bytes:UInt64})
