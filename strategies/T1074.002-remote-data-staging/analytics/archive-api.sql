-- what: Were archives taken out of several workloads through the engine's or the cluster's API?
-- class: orchestration
-- role: trigger
-- needs: api_activity
-- parameters: gather_sources_min
-- cost: 0.25
-- `docker cp` and `docker export` out of a container, and `kubectl cp`, which runs tar in the pod and reads its output. The call gathers and
-- packs in one act, and no network sensor sees it. What compresses or encodes the archive on its way changes nothing; any other program may
-- keep it where it is. Docker names no caller: then the finding is about the engine's node. Who took from a workload on an earlier day, or in
-- the time known to be good, does what it always does. Two families of hours, half an hour apart, so that the full hour splits no half hour
-- of copies.
WITH
  taken AS (
    SELECT if(a.actor_user_name != '', concat('actor:', a.actor_user_name), concat('node:', if(a.node = '', 'engine', a.node))) AS who, a.time AS time,
      multiIf(c.entity_id != '', c.entity_id, a.resource_type = 'pods', concat('workload:', a.namespace, '/', a.resource_name), concat('workload:', a.container_name)) AS victim,
      a.load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_old
    FROM (
      SELECT * FROM api_activity
      WHERE (resource_type = 'container' AND api_operation IN ('archive-path', 'export'))
        OR (source, file, line) IN (SELECT source, file, line FROM command WHERE is_exec AND direction = '' AND arrayExists(p -> p.2 = 'archive' AND p.3 IN ('', '|'), packs)
            AND NOT arrayExists(p -> p.3 NOT IN ('', '|'), packs)
            AND (NOT arrayExists(p -> p.3 = '|', packs) OR match(cmd_line, '[|]\\s*(?:base(?:32|64)|gzip|pigz|bzip2|xz|zstd|openssl|gpg|xxd|cat)\\b[^|>]*$')))
    ) AS a
    LEFT ANY JOIN container AS c ON c.short_uid = substring(a.container_uid, 1, 12)
  )
SELECT who AS entity_id, min(t.time) AS window_from, max(t.time) AS window_to, uniqExact(t.victim) AS n,
  multiIf(n >= {gather_sources_min:UInt32}, 0.86 + 0.1 * log_ramp(n, {gather_sources_min:UInt32}, 4 * {gather_sources_min:UInt32}), n = 2, 0.5, 0.25) AS likelihood,
  concat('archives of ', toString(n), if(n = 1, ' workload', ' workloads'), ' were taken through the API (', arrayStringConcat(arraySlice(arraySort(groupUniqArray(20)(replaceRegexpOne(t.victim, '^workload:', ''))), 1, 4), ', '), if(n > 4, ' …', ''), ')') AS says,
  map('role', 'gather', 'workloads', toString(n), 'copies', toString(count())) AS measured, CAST([], 'Array(String)') AS destinations
FROM (
  SELECT *, min(if(is_old, toDate(0), toDate(time))) OVER (PARTITION BY who, victim) AS first_day, arrayJoin([0, 1800]) AS family FROM taken
) AS t
WHERE NOT t.is_old AND t.first_day = toDate(t.time)
GROUP BY t.who, t.family, intDiv(toUInt32(t.time) + t.family, 3600)
