-- what: Was a container created that reaches what the host keeps: privileged, the host's processes, its folders or its engine?
-- class: orchestration
-- role: context
-- needs: command
-- parameters: none
-- cost: 0.25
-- Context: agents and controllers are made so on purpose. What the same workload was before counts as known.
WITH
  granted AS (
    SELECT concat('workload:', workload) AS entity_id, valid_from AS time, load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_old,
      arrayDistinct(arrayFilter(right -> right != '', arrayConcat([if(is_privileged, 'privileged', '')], host_namespaces, arrayMap(mount -> sensitive_mount(extract(mount, '^[a-z]*:(.*):[^:]*$')), mounts)))) AS rights
    FROM container_inventory
    UNION ALL
    SELECT concat('workload:', namespace, '/', resource_name), time, load_id IN (SELECT load_id FROM load WHERE is_baseline), JSONExtract(detail, 'risks', 'Array(String)')
    FROM api_activity WHERE resource_type IN ('pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs') AND api_operation IN ('create', 'update', 'patch') AND subresource = '' AND http_status < 400
  )
SELECT g.entity_id AS entity_id, min(g.time) AS window_from, min(g.time) AS window_to, arraySort(groupUniqArrayArray(g.rights)) AS all_rights,
  least(0.5, 0.2 + 0.1 * length(all_rights)) AS likelihood,
  concat('a container was created with ', arrayStringConcat(arraySlice(all_rights, 1, 4), ', ')) AS says,
  map('role', 'gather', 'rights', arrayStringConcat(all_rights, ', ')) AS measured, CAST([], 'Array(String)') AS destinations
FROM granted AS g
WHERE notEmpty(g.rights) AND NOT g.is_old AND g.entity_id NOT IN (SELECT entity_id FROM granted WHERE is_old AND notEmpty(rights))
GROUP BY g.entity_id
