-- what: Did blobs go to a registry that no manifest refers to, or without a question what was there?
-- class: registry
-- role: trigger
-- needs: repository_activity
-- parameters: push_floor_bytes
-- A registry keeps any bytes under their digest. An image push ends with a manifest; a dead drop needs none.
SELECT entity_id, min(e.time) AS window_from, max(e.time) + toIntervalSecond(1) AS window_to,
  sum(e.bytes) AS received, countIf(resource_type = 'blob' AND api_operation IN ('push', 'upload')) AS blobs,
  if(received = 0, 0.5, 0.4 + 0.45 * log_ramp(received, {push_floor_bytes:UInt64}, 67108864)) AS likelihood,
  concat('blobs', if(received > 0, concat(' of ', formatReadableSize(received)), ''), ' in ', repository, ' that no manifest refers to, by ', any(user_agent)) AS says,
  map('repository', repository, 'blobs', toString(blobs), 'bytes', toString(received), 'questions', toString(countIf(api_operation = 'check')), 'user_agent', any(user_agent)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM repository_event AS e
WHERE service_kind = 'registry' AND NOT is_baseline AND repository != ''
GROUP BY entity_id, source, repository, toStartOfHour(e.time)
HAVING blobs > 0 AND countIf(resource_type = 'manifest' AND api_operation = 'push') = 0 AND (received = 0 AND countIf(api_operation = 'upload') > 0 OR received >= {push_floor_bytes:UInt64})
