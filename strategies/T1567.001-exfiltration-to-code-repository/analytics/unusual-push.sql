-- what: Does the registry or code host tell of a push unlike those before: an unknown repository, somebody new, a layer far larger, an odd type?
-- class: registry
-- role: trigger
-- needs: repository_activity
-- parameters: layers_min, layer_ratio_min, push_floor_bytes
-- cost: 0.25
-- New is only what comes after a day in which others were seen. Without an account the workload pushed; addresses come and go, and are nobody. A layer is compared with the largest that its repository had before.
WITH pushes AS (
  SELECT entity_id, service_kind, host, repository, if(actor_user_name != '', actor_user_name, holder) AS who, time, bytes, is_baseline,
    arrayFilter(name -> NOT match(name, '^application/(?:vnd[.](?:docker|oci|cncf|dev[.](?:cosign|sigstore)|in-toto|aquasec|wasm|devicefile|goharbor|buildkit)[.]|vnd[.]in-toto|json$|spdx|octet-stream$)'), media_types) AS odd_types,
    min(time) OVER (PARTITION BY service_kind, host) AS service_since,
    min(time) OVER (PARTITION BY service_kind, host, repository) AS repository_since,
    min(time) OVER (PARTITION BY service_kind, host, repository, who) AS who_since,
    max(is_baseline) OVER (PARTITION BY service_kind, host, repository) AS repository_known,
    max(is_baseline) OVER (PARTITION BY service_kind, host, repository, who) AS who_known,
    max(is_baseline) OVER (PARTITION BY service_kind, host) AS service_known,
    arrayFilter(size -> size >= 1024, groupArray(bytes) OVER (PARTITION BY service_kind, host, repository ORDER BY time ROWS BETWEEN 500 PRECEDING AND 1 PRECEDING)) AS earlier
  FROM repository_event WHERE api_operation IN ('push', 'upload') AND repository != '' AND http_status < 400
)
SELECT entity_id, min(time) AS window_from, max(time) + toIntervalSecond(1) AS window_to, likelihood, says, measured, destinations FROM (
  SELECT entity_id, time, repository,
    NOT repository_known AND (service_known OR repository_since >= service_since + INTERVAL 1 DAY) AND time < repository_since + INTERVAL 1 HOUR AS is_new_repository,
    who != '' AND NOT who_known AND NOT is_new_repository AND (repository_known OR who_since >= repository_since + INTERVAL 1 DAY) AND time < who_since + INTERVAL 1 HOUR AS is_new_actor,
    if(length(earlier) >= {layers_min:UInt32} AND bytes >= {push_floor_bytes:UInt64}, bytes / arrayMax(earlier), 0) AS ratio,
    greatest(if(is_new_repository, 0.5, 0), if(is_new_actor, 0.5, 0), if(notEmpty(odd_types), 0.5, 0), if(ratio >= {layer_ratio_min:Float64}, 0.5 + 0.4 * log_ramp(ratio, {layer_ratio_min:Float64}, 8 * {layer_ratio_min:Float64}), 0)) AS likelihood,
    concat(if(service_kind = 'registry', 'the registry', 'the code host'), ' tells of a push to ', repository, arrayStringConcat(arrayFilter(part -> part != '', [
      if(is_new_repository, ', a repository not seen before', ''), if(is_new_actor, concat(', by ', who, ', who never pushed there'), ''),
      if(notEmpty(odd_types), concat(', of type ', odd_types[1]), ''),
      if(ratio >= {layer_ratio_min:Float64}, concat(', ', formatReadableSize(bytes), ' in one layer, ', toString(round(ratio)), ' times the largest before'), '')]))) AS says,
    map('repository', repository, 'who', who, 'bytes', toString(bytes), 'largest_before', toString(arrayMax(arrayPushBack(earlier, 0))), 'layers_before', toString(length(earlier)), 'ratio', toString(round(ratio, 1))) AS measured,
    CAST([], 'Array(String)') AS destinations
  FROM pushes WHERE NOT is_baseline
) WHERE likelihood > 0
GROUP BY entity_id, repository, toStartOfHour(time), likelihood, says, measured, destinations
ORDER BY likelihood DESC LIMIT 5 BY entity_id, repository
