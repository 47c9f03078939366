-- what: Was much written into scratch folders, or by several workloads into one shared volume?
-- class: file
-- role: trigger
-- needs: file_activity
-- parameters: gather_sources_min, source_floor_bytes, gather_high_bytes
-- Bulk is a file that is written within ten minutes; logs are written for as long as their service lives. Who wrote at least a third as
-- much there on an earlier day, or in the time known to be good, does what it always does. A sensor that tells only of files opened
-- for writing still tells of who put them there.
WITH
  (SELECT count() > 0 FROM file_activity WHERE activity = 'write') AS counts_bytes,
  shared AS (
    SELECT short_uid, groupUniqArray((destination, volume)) AS mounts FROM volume_mount
    WHERE (node, volume) IN (SELECT node, volume FROM volume_mount GROUP BY node, volume HAVING uniqExact(entity_id) > 1) GROUP BY short_uid
  ),
  files AS (
    SELECT place, writer, path, intDiv(toUInt32(time), 86400) AS day, min(time) AS since, max(time) AS until, sum(written) AS bytes, max(is_old) AS is_known, any(tool) AS tool
    FROM (
      SELECT c.entity_id AS writer, f.time AS time, f.file_path AS path, f.bytes_written AS written, f.process_name AS tool, f.load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_old,
        arrayFirst(mount -> startsWith(path, concat(mount.1, '/')), s.mounts).2 AS volume, multiIf(volume != '', concat('volume:', volume), is_scratch_path(path), c.entity_id, '') AS place
      FROM (SELECT * FROM file_activity WHERE activity IN ('write', 'open_write') AND NOT match(file_path, '^/(?:proc|sys|dev/(?:null|tty|pts|fd))')) AS f
      JOIN container AS c ON c.short_uid = substring(f.container_uid, 1, 12)
      LEFT JOIN shared AS s ON s.short_uid = c.short_uid
      WHERE place != ''
    )
    GROUP BY place, writer, path, day HAVING until <= since + INTERVAL 10 MINUTE
  ),
  writers AS (
    SELECT *, max(bytes) OVER (PARTITION BY place, writer ORDER BY is_known DESC, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS usual_bytes,
      count() OVER (PARTITION BY place, writer ORDER BY is_known DESC, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_days
    FROM (
      SELECT place, writer, day, sum(f.bytes) AS bytes, count() AS files, min(f.since) AS since, max(f.until) AS until, max(f.is_known) AS is_known, topK(2)(f.path) AS paths
      FROM files AS f GROUP BY place, writer, day
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
