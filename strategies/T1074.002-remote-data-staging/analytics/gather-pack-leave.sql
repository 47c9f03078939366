-- what: Was data gathered from several workloads and packed, and did about as much then leave?
-- class: traffic
-- role: trigger
-- needs: connection, command
-- parameters: gather_sources_min, source_floor_bytes, leave_share
-- cost: 1
-- One funnel across workloads: gather (into a workload by network, or into a shared volume), pack (at any of them, before or after), leave
-- (from the workload, or from whoever mounts the volume). An edge that had bulk and a third of the amount on an earlier day is no gathering.
WITH
  shared AS (SELECT node, volume FROM volume_mount GROUP BY node, volume HAVING uniqExact(entity_id) > 1),
  -- Days of an edge with bulk; a day known to be good lies before all others.
  usual AS (
    SELECT entity_id, source_id, groupArray((d.day, d.bytes)) AS days
    FROM (
      SELECT entity_id, source_id, if(is_baseline, toDate(0), toDate(hour)) AS day, sum(bytes_in) AS bytes
      FROM inflow_hour WHERE (entity_id, source_id) IN (SELECT entity_id, source_id FROM inflow_judged WHERE bytes_in >= {source_floor_bytes:UInt64})
      GROUP BY entity_id, source_id, is_baseline, toDate(hour) HAVING bytes >= {source_floor_bytes:UInt64}
    ) AS d GROUP BY entity_id, source_id
  ),
  gathered AS (
    SELECT toString(i.entity_id) AS stage, toString(i.source_id) AS member, i.first_time AS time, i.bytes_in AS bytes
    FROM inflow_judged AS i JOIN usual AS u ON u.entity_id = i.entity_id AND u.source_id = i.source_id
    WHERE NOT i.is_baseline AND i.bytes_in >= {source_floor_bytes:UInt64} AND 2 * i.largest_bytes >= i.bytes_in
      AND 3 * arrayMax(arrayMap(d -> if(d.1 < toDate(i.hour), d.2, 0), u.days)) < arraySum(arrayMap(d -> if(d.1 = toDate(i.hour), d.2, 0), u.days))
    UNION ALL
    SELECT concat('volume:', m.volume), m.entity_id, min(f.time), sum(f.bytes_written)
    FROM (SELECT * FROM file_activity WHERE activity IN ('write', 'open_write') AND NOT load_id IN (SELECT load_id FROM load WHERE is_baseline)) AS f
    JOIN (SELECT * FROM volume_mount WHERE (node, volume) IN shared) AS m ON m.short_uid = substring(f.container_uid, 1, 12)
    WHERE startsWith(f.file_path, concat(m.destination, '/')) GROUP BY m.volume, m.entity_id
  ),
  stages AS (SELECT stage, groupUniqArray(member) AS members, groupArray((time, bytes, member)) AS gathers FROM gathered GROUP BY stage HAVING length(members) >= {gather_sources_min:UInt32}),
  -- Who belongs to a stage, and who of them can let it out: the stage itself, or who mounts the volume.
  bound AS (
    SELECT s.stage AS stage, arrayJoin(arrayDistinct(arrayConcat(s.members, [s.stage], m.mounters))) AS member, member = s.stage OR has(m.mounters, member) AS is_exit
    FROM stages AS s LEFT JOIN (SELECT concat('volume:', volume) AS stage, groupUniqArray(entity_id) AS mounters FROM volume_mount GROUP BY volume) AS m ON m.stage = s.stage
  ),
  acts AS (
    SELECT DISTINCT entity_id, time, 2 AS step, toUInt64(0) AS bytes, '' AS peer FROM command WHERE notEmpty(packs) AND NOT is_baseline
    UNION ALL
    SELECT entity_id, time, 3, bytes_out, peer FROM connection_judged WHERE NOT is_dst_inside AND NOT is_baseline AND bytes_out >= 65536 AND bytes_out > 2 * bytes_in
  ),
  steps AS (
    SELECT stage, gather.3 AS member, gather.1 AS time, 1 AS step, gather.2 AS bytes, '' AS peer FROM stages ARRAY JOIN gathers AS gather
    UNION ALL
    SELECT b.stage, b.member, a.time, a.step, a.bytes, a.peer FROM acts AS a JOIN bound AS b ON b.member = a.entity_id WHERE a.step = 2 OR b.is_exit
  )
SELECT stage AS entity_id, min(s.time) AS window_from, max(s.time) AS window_to, uniqExactIf(s.member, s.step = 1) AS n, sumIf(s.bytes, s.step = 1) AS gathered_bytes, sumIf(s.bytes, s.step = 3) AS left_bytes,
  0.86 + 0.1 * log_ramp(n, {gather_sources_min:UInt32}, 4 * {gather_sources_min:UInt32}) AS likelihood,
  concat('gathered from ', toString(n), ' workloads, packed, and ', formatReadableSize(left_bytes), ' left', if(max(s.time) < min(s.time) + INTERVAL 2 HOUR, concat(' within ', toString(intDiv(dateDiff('second', min(s.time), max(s.time)), 60) + 1), ' min'), '')) AS says,
  map('role', 'gather', 'sources', toString(n), 'bytes_in', toString(gathered_bytes), 'bytes_out', toString(left_bytes), 'packings', toString(countIf(s.step = 2))) AS measured,
  groupUniqArrayIf(5)(s.peer, s.step = 3) AS destinations
FROM (SELECT *, arrayJoin([0, 43200]) AS family FROM steps) AS s
GROUP BY stage, s.family, intDiv(toUInt32(s.time) + s.family, 86400)
HAVING n >= {gather_sources_min:UInt32} AND left_bytes >= {leave_share:Float64} * gathered_bytes
  AND sequenceMatch('(?1).*(?3)')(toUInt64(toUnixTimestamp64Micro(s.time)), s.step = 1, s.step = 2, s.step = 3)
  AND sequenceMatch('(?2).*(?3)')(toUInt64(toUnixTimestamp64Micro(s.time)), s.step = 1, s.step = 2, s.step = 3)
