-- what: Can the container command the engine, or was an image made of it at run time?
-- class: orchestration
-- role: context
-- needs: container_inventory
-- parameters:
-- cost: 0.25
-- Only for containers in which a push was run or whose connections go to a code host: many monitoring agents hold the socket.
WITH pushers AS (
  SELECT entity_id, min(time) AS first, max(time) AS last FROM (
    SELECT entity_id, time FROM command WHERE direction = 'upload' AND protocol IN ('git', 'registry') AND NOT is_baseline
    UNION ALL
    SELECT entity_id, time FROM connection_judged WHERE (entity_id, peer) IN (SELECT entity_id, peer FROM code_destination) AND bytes_out > bytes_in AND NOT is_dst_inside AND NOT is_baseline
  ) GROUP BY entity_id
)
SELECT p.entity_id AS entity_id, any(p.first) AS window_from, any(p.last) AS window_to, max(d.weight) AS likelihood,
  arrayStringConcat(groupUniqArray(2)(d.what), '; ') AS says, map('evidence', arrayStringConcat(groupUniqArray(3)(d.detail), '; ')) AS measured, CAST([], 'Array(String)') AS destinations
FROM pushers AS p JOIN (
  SELECT concat('workload:', workload) AS entity_id, 'the engine\'s socket is mounted into it' AS what, 0.5 AS weight, arrayFirst(mount -> match(mount, '(?:docker|podman|containerd|crio|buildkitd)[.]sock'), mounts) AS detail
  FROM container_inventory WHERE arrayExists(mount -> match(mount, '(?:docker|podman|containerd|crio|buildkitd)[.]sock'), mounts)
  UNION ALL
  SELECT c.entity_id, 'an image was made of it while it ran', 0.4, a.api_operation
  FROM (SELECT * FROM api_activity WHERE resource_type = 'container' AND api_operation IN ('commit', 'export')) AS a JOIN container AS c ON c.short_uid = substring(a.container_uid, 1, 12)
) AS d ON d.entity_id = p.entity_id
GROUP BY p.entity_id
