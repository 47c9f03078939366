-- what: Did commands pack, encrypt or dump data, on its way to this workload or volume or into a place for a while?
-- class: process
-- role: trigger
-- needs: command
-- parameters: source_floor_bytes, pack_window_seconds
-- cost: 0.25
-- A command tells of the workload that runs it, of a shared volume its target lies in, and of a workload inside that got bulk data
-- from it soon after. What is written to a folder of the workload's own is what backups do, and counts less.
WITH
  shared AS (
    SELECT entity_id, groupUniqArray((destination, volume)) AS mounts FROM volume_mount
    WHERE (node, volume) IN (SELECT node, volume FROM volume_mount GROUP BY node, volume HAVING uniqExact(entity_id) > 1) GROUP BY entity_id
  ),
  sinks AS (SELECT source_id, groupArray((toString(entity_id), first_time, last_time)) AS list FROM inflow_hour WHERE NOT is_baseline AND largest_bytes >= {source_floor_bytes:UInt64} GROUP BY source_id),
  told AS (
    SELECT c.entity_id AS packer, c.time AS time, c.pack.1 AS tool, c.pack.2 AS kind, if(c.pack.3 NOT IN ('', '|'), c.pack.3, c.end) AS target,
      arrayFirst(mount -> startsWith(target, concat(mount.1, '/')), s.mounts).2 AS volume,
      multiIf(target = '', 'a stream', volume != '', 'a shared volume', is_scratch_path(target), 'a scratch folder', 'a folder of its own') AS place,
      multiIf(kind = 'dump', if(place = 'a folder of its own', 0.35, 0.55), kind = 'encrypt', if(place = 'a folder of its own', 0.3, 0.45),
        kind = 'compress', if(place IN ('a folder of its own', 'a stream'), 0.1, 0.3), if(place = 'a folder of its own', 0.2, 0.4)) AS strength,
      arrayDistinct(arrayConcat([toString(packer)], if(volume = '', [], [concat('volume:', volume)]),
        arrayMap(sink -> sink.1, arrayFilter(sink -> sink.2 <= time + toIntervalSecond({pack_window_seconds:UInt32}) AND sink.3 >= time, k.list)))) AS concerned
    FROM (SELECT DISTINCT entity_id, time, arrayJoin(packs) AS pack, arrayLast(p -> p.3 NOT IN ('', '|'), packs).3 AS end FROM command WHERE NOT is_baseline AND notEmpty(packs)) AS c
    LEFT JOIN shared AS s ON s.entity_id = c.entity_id
    LEFT JOIN sinks AS k ON k.source_id = c.entity_id
  )
SELECT concerns AS entity_id, min(t.time) AS window_from, max(t.time) AS window_to, uniqExactIf(t.packer, t.packer != concerns) AS packers, groupUniqArray(5)(t.kind) AS kinds,
  least(0.75, max(t.strength) + 0.08 * greatest(0, toInt64(packers) - 1) + if(has(kinds, 'dump') AND length(kinds) > 1, 0.1, 0)) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(4)(t.tool)), ', '), if(has(kinds, 'dump'), ' dumped a database', ' packed data'), if(has(kinds, 'dump') AND length(kinds) > 1, ' and packed it', ''),
    if(packers > 0, concat(' in ', toString(packers), if(packers = 1, ' workload', ' workloads'), ' on its way here'), ''), ' (to ', argMax(t.place, t.strength), ')') AS says,
  map('role', 'gather', 'packers', toString(packers), 'tools', arrayStringConcat(arraySort(groupUniqArray(8)(t.tool)), ' '), 'targets', arrayStringConcat(arraySort(groupUniqArrayIf(5)(t.target, t.target != '')), ' '), 'place', argMax(t.place, t.strength)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM told AS t ARRAY JOIN concerned AS concerns
GROUP BY concerns, intDiv(toUInt32(t.time), 86400)
