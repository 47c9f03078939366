-- what: Was a repository made, opened to everybody or given a key, and who pushed to it then?
-- class: registry
-- role: trigger
-- needs: repository_activity
-- parameters: change_window_seconds
-- cost: 0.25
WITH
  changes AS (
    SELECT entity_id, time, api_operation, repository, actor_user_name AS actor, is_public, detail FROM repository_event
    WHERE api_operation IN ('create', 'visibility', 'key', 'member') AND NOT is_baseline
  ),
  pushes AS (SELECT repository, actor_user_name AS actor, time FROM repository_event WHERE api_operation = 'push' AND service_kind = 'code-host' AND NOT is_baseline)
SELECT c.entity_id AS entity_id, c.time AS window_from, greatest(c.time, maxIf(p.time, p.time >= c.time AND p.time <= c.time + toIntervalSecond({change_window_seconds:UInt32}))) + toIntervalSecond(1) AS window_to,
  countIf(p.actor != '' AND p.time >= c.time AND p.time <= c.time + toIntervalSecond({change_window_seconds:UInt32})) AS pushes_after,
  multiIf(c.api_operation = 'visibility' AND c.is_public, 0.9, c.api_operation = 'create' AND c.is_public AND pushes_after > 0, 0.85, c.api_operation IN ('create', 'key') AND pushes_after > 0, 0.6, 0.3) AS likelihood,
  concat(c.repository, ': ', multiIf(c.api_operation = 'visibility' AND c.is_public, 'made public', c.api_operation = 'visibility', 'handed over or its visibility changed', c.api_operation = 'create', if(c.is_public, 'made, open to everybody', 'made'), c.api_operation = 'key', 'given a key', 'opened to a member'),
    ' by ', c.actor, if(pushes_after > 0, concat(', then pushed to ', toString(pushes_after), if(pushes_after = 1, ' time', ' times')), '')) AS says,
  map('operation', c.api_operation, 'repository', c.repository, 'actor', c.actor, 'pushes_after', toString(pushes_after), 'detail', c.detail) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM changes AS c LEFT JOIN pushes AS p ON p.repository = c.repository
GROUP BY c.entity_id, c.time, c.api_operation, c.repository, c.actor, c.is_public, c.detail
