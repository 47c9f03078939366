-- what: Was much written into scratch folders, or by several workloads into one shared volume?
-- class: file
-- role: trigger
-- needs: file_activity
-- parameters: gather_sources_min, source_floor_bytes, gather_high_bytes, stretch_seconds
-- cost: 0.25
-- Bulk is a file that got half its bytes within one stretch, and what is written to it later does not undo that; logs are written for
-- as long as their service lives. A file written within a stretch lies in two fixed ones at most, so one holds half. Who wrote at least a third as
-- much there on an earlier day, or in the time known to be good, does what it always does. A sensor that tells only of files opened
-- for writing still tells of who put them there.
WITH
  (SELECT count() > 0 FROM file_activity WHERE activity = 'write') AS counts_bytes,
  shared AS (
    SELECT short_uid, groupUniqArray((destination, volume)) AS mounts FROM volume_mount
    WHERE (node, volume) IN (SELECT node, volume FROM volume_mount GROUP BY node, volume HAVING uniqExact(entity_id) > 1) GROUP BY short_uid
  ),
  stretches AS (
    SELECT place, writer, path, intDiv(toUInt32(time), 86400) AS day, intDiv(toUInt32(time), {stretch_seconds:UInt32}) AS stretch, min(time) AS since, max(time) AS until,
      sum(written) AS bytes, sum(greatest(written, 1)) AS weight, is_old AS is_known
    FROM (
      SELECT c.entity_id AS writer, f.time AS time, f.file_path AS path, f.bytes_written AS written, f.load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_old,
        arrayFirst(mount -> startsWith(path, concat(mount.1, '/')), s.mounts).2 AS volume, multiIf(volume != '', concat('volume:', volume), is_scratch_path(path), c.entity_id, '') AS place
      FROM (SELECT * FROM file_activity WHERE activity IN ('write', 'open_write') AND NOT match(file_path, '^/(?:proc|sys|dev/(?:null|tty|pts|fd))')) AS f
      JOIN container AS c ON c.short_uid = substring(f.container_uid, 1, 12)
      LEFT JOIN shared AS s ON s.short_uid = c.short_uid
      WHERE place != ''
    )
    GROUP BY place, writer, path, day, stretch, is_known
  ),
  files AS (
    SELECT place, writer, path, day, greatest(min(s.since), argMax(s.since, s.weight) - toIntervalSecond({stretch_seconds:UInt32})) AS since,
      least(max(s.until), argMax(s.until, s.weight) + toIntervalSecond({stretch_seconds:UInt32})) AS until, sum(s.bytes) AS bytes, s.is_known AS is_known
    FROM stretches AS s GROUP BY place, writer, path, day, is_known HAVING 2 * max(s.weight) >= sum(s.weight)
  ),
  writers AS (
    SELECT *, max(bytes) OVER (PARTITION BY place, writer ORDER BY is_known DESC, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS usual_bytes,
      count() OVER (PARTITION BY place, writer ORDER BY is_known DESC, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_days
    FROM (
      SELECT place, writer, day, sum(f.bytes) AS bytes, count() AS files, min(f.since) AS since, max(f.until) AS until, f.is_known AS is_known, topK(2)(f.path) AS paths
      FROM files AS f GROUP BY place, writer, day, is_known
    )
  )
SELECT place AS entity_id, min(w.since) AS window_from, max(w.until) AS window_to, uniqExact(w.writer) AS n, sum(w.bytes) AS total,
  multiIf(startsWith(place, 'volume:'), multiIf(n >= {gather_sources_min:UInt32}, (0.5 + 0.3 * log_ramp(n, {gather_sources_min:UInt32}, 4 * {gather_sources_min:UInt32})) * if(counts_bytes, 0.7 + 0.3 * log_ramp(total, 3 * {source_floor_bytes:UInt64}, {gather_high_bytes:UInt64}), 0.7), n = 2, 0.3, 0.2),
    total >= 4 * {source_floor_bytes:UInt64}, 0.2 + 0.25 * log_ramp(total, 4 * {source_floor_bytes:UInt64}, {gather_high_bytes:UInt64}), 0) AS likelihood,
  concat(if(startsWith(place, 'volume:'), concat(toString(n), if(n = 1, ' workload', ' workloads'), ' wrote '), ''), if(counts_bytes, formatReadableSize(total), concat(toString(sum(w.files)), ' files')), if(startsWith(place, 'volume:'), ' into it', ' written to scratch folders'),
    ' (', arrayStringConcat(arraySlice(arraySort(groupUniqArrayArray(4)(w.paths)), 1, 3), ', '), ')') AS says,
  map('role', 'gather', 'writers', toString(n), 'bytes_written', toString(total), 'files', toString(sum(w.files)), 'bytes_are_counted', toString(counts_bytes)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM writers AS w
WHERE NOT w.is_known AND if(counts_bytes, w.bytes >= {source_floor_bytes:UInt64} AND 3 * w.usual_bytes < w.bytes, w.earlier_days = 0)
GROUP BY place, w.day
