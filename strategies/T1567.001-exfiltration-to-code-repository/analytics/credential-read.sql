-- what: Were credentials for code hosts or registries read in the container before it pushed?
-- class: file
-- role: context
-- needs: file_activity.read
-- parameters: credential_window_seconds
-- cost: 0.25
-- The clients read their own credentials whenever they work; another program that does so is looking for them.
WITH
  reads AS (
    SELECT c.entity_id AS entity_id, f.time AS time, f.process_name AS process_name, f.file_path AS file_path, f.session_uid AS what
    FROM (SELECT * FROM file_activity WHERE activity = 'read' AND session_uid IN ('ssh key', 'git credentials', 'registry credentials', 'package registry token', 'login', 'environment file', 'kubernetes token')) AS f
    JOIN container AS c ON c.short_uid = substring(f.container_uid, 1, 12)
  ),
  pushes AS (
    SELECT entity_id, time FROM command WHERE direction = 'upload' AND protocol IN ('git', 'registry') AND NOT is_baseline
    UNION ALL
    SELECT entity_id, time FROM connection_judged WHERE (entity_id, peer) IN (SELECT entity_id, peer FROM code_destination) AND bytes_out > bytes_in AND NOT is_dst_inside AND NOT is_baseline
  )
SELECT r.entity_id AS entity_id, min(r.time) AS window_from, max(p.time) AS window_to,
  countIf(NOT match(r.process_name, '^(?:git|ssh|docker|podman|skopeo|buildah|crane|oras|npm|node|twine|cargo|gh)')) AS by_others,
  if(by_others > 0, 0.5, 0.2) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(r.what)), ', '), if(by_others > 0, ' read by ', ' used by '), argMax(r.process_name, NOT match(r.process_name, '^(?:git|ssh|docker|skopeo)')), ' before the push') AS says,
  map('files', arrayStringConcat(arraySort(groupUniqArray(5)(r.file_path)), ' '), 'reads', toString(uniqExact(r.time)), 'by_other_programs', toString(by_others)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM reads AS r JOIN pushes AS p ON p.entity_id = r.entity_id
WHERE p.time + INTERVAL 1 SECOND >= r.time AND p.time <= r.time + toIntervalSecond({credential_window_seconds:UInt32})
GROUP BY r.entity_id, toStartOfHour(r.time)
