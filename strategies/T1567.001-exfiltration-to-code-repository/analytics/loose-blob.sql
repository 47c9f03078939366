-- what: Did blobs go to a registry that no manifest refers to, or without a question what was there?
-- class: registry
-- role: trigger
-- needs: repository_activity
-- parameters: push_floor_bytes, manifest_window_seconds
-- cost: 0.25
-- A registry keeps any bytes under their digest. An image push ends with a manifest; a dead drop needs none. Where the registry tells what
-- its manifests refer to, the blob's digest must be among it; elsewhere a manifest of the same repository has to follow.
WITH manifests AS (
  SELECT source, host, repository, time AS told, arrayJoin(arrayPushBack(referenced_uids, '')) AS uid
  FROM repository_activity WHERE service_kind = 'registry' AND resource_type = 'manifest' AND api_operation = 'push' AND http_status < 400
)
SELECT entity_id, min(e.time) AS window_from, max(e.time) + toIntervalSecond(1) AS window_to,
  sum(e.bytes) AS received, countIf(api_operation IN ('push', 'upload')) AS blobs,
  if(received = 0, 0.5, 0.4 + 0.45 * log_ramp(received, {push_floor_bytes:UInt64}, 67108864)) AS likelihood,
  concat('blobs', if(received > 0, concat(' of ', formatReadableSize(received)), ''), ' in ', repository, ' that no manifest refers to, by ', any(user_agent)) AS says,
  map('repository', repository, 'blobs', toString(blobs), 'bytes', toString(received), 'questions', toString(countIf(api_operation = 'check')), 'user_agent', any(user_agent)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM (
  SELECT entity_id, source, host, repository, time, bytes, api_operation, user_agent,
    if((source, host) IN (SELECT source, host FROM repository_activity WHERE notEmpty(referenced_uids)), resource_uid, '') AS uid,
    if(uid = '', time - INTERVAL 2 SECOND, time - toIntervalSecond({manifest_window_seconds:UInt32})) AS earliest
  FROM repository_event WHERE service_kind = 'registry' AND NOT is_baseline AND repository != '' AND http_status < 400
    AND (resource_type = 'blob' AND api_operation IN ('push', 'upload') OR api_operation = 'check')
) AS e
ASOF LEFT JOIN manifests AS m ON m.source = e.source AND m.host = e.host AND m.repository = e.repository AND m.uid = e.uid AND m.told >= e.earliest
WHERE m.told < e.earliest OR m.told > e.time + toIntervalSecond({manifest_window_seconds:UInt32})
GROUP BY entity_id, e.source, e.host, repository, toStartOfHour(e.time)
HAVING blobs > 0 AND (received = 0 AND countIf(api_operation = 'upload') > 0 OR received >= {push_floor_bytes:UInt64})
