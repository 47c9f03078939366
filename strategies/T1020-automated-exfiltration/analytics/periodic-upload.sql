-- what: Does this entity upload to one outside destination at regular intervals?
-- class: traffic
-- role: trigger
-- needs: connection, connection.bytes_out
-- parameters: beats_min, beat_floor_bytes, beat_ratio_min, period_max_jitter
-- Regularity is judged per workload (a job that is a new container each run still has a rhythm) and per container
-- (replicas do not blur each other). Several a second are one page load or one job, not a rhythm. Few beats and few bytes make a rhythm less telling. Scores are RITA's timestamp and data-size scores; sums of both directions never are.
WITH
  pairs AS (
    SELECT entity_id, peer, dst_port FROM connection
    WHERE entity_id != '' AND NOT is_dst_inside AND protocol = 'tcp'
    GROUP BY entity_id, peer, dst_port
    HAVING count() >= {beats_min:UInt32} AND sum(bytes_out) > sum(bytes_in) AND sum(bytes_out) >= {beats_min:UInt32} * {beat_floor_bytes:UInt64}
  ),
  beats AS (
    SELECT entity_id, peer, dst_port, replica, arraySort(t -> t.1, groupArray(20000)((toUnixTimestamp64Micro(time) / 1e6, toFloat64(bytes_out)))) AS seen,
      sum(c.bytes_in) AS received, max(end_time) AS last_end, max(c.is_baseline) AS is_baseline
    FROM connection AS c ARRAY JOIN arrayDistinct(['', container_uid]) AS replica
    WHERE (entity_id, peer, dst_port) IN pairs
    GROUP BY entity_id, peer, dst_port, replica
  ),
  measured_beats AS (
    SELECT *,
      -- A habit of the workload is one of each of its containers: a deployment makes a new container, not a new habit.
      max(is_baseline) OVER (PARTITION BY entity_id, peer, dst_port) AS is_habit,
      -- Connections less than a tenth of a second apart are one beat.
      arrayMap(t -> t.1, seen) AS times, arrayFilter((t, gap, i) -> i = 1 OR gap >= 0.1, times, arrayDifference(times), arrayEnumerate(times)) AS starts,
      length(starts) AS beats, arrayMap(t -> t.2, seen) AS sizes, arraySum(sizes) AS sent,
      array_gaps(starts) AS gaps,
      arrayReduce('quantilesExactInclusive(0.25, 0.5, 0.75)', gaps) AS quartiles, quartiles[2] AS period,
      if(quartiles[3] - quartiles[1] < 10 OR quartiles[2] IN (quartiles[1], quartiles[3]), 0, (quartiles[1] + quartiles[3] - 2 * quartiles[2]) / (quartiles[3] - quartiles[1])) AS gap_skew,
      (1 - abs(gap_skew) + greatest(0, (period - array_mad(gaps)) / greatest(period, 0.001))) / 2 AS timestamp_score,
      arrayReduce('quantileExactInclusive(0.5)', sizes) AS usual_size,
      greatest(0, (usual_size - array_mad(sizes)) / greatest(usual_size, 1)) AS data_size_score
    FROM beats WHERE length(seen) >= {beats_min:UInt32}
  )
SELECT entity_id, fromUnixTimestamp64Micro(toInt64(starts[1] * 1e6), 'UTC') AS window_from, last_end AS window_to,
  (0.25 + 0.6 * greatest(0, least(1, ((timestamp_score * 2 + data_size_score) / 3 - 0.55) / 0.35))) * (0.55 + 0.45 * log_ramp(beats, {beats_min:UInt32}, 4 * {beats_min:UInt32})) * (0.5 + 0.5 * log_ramp(sent, 64 * {beat_floor_bytes:UInt64}, 4096 * {beat_floor_bytes:UInt64})) AS likelihood,
  concat(toString(beats), ' uploads of about ', formatReadableSize(usual_size), ' every ', multiIf(period < 120, concat(toString(round(period, 1)), ' s'), period < 7200, concat(toString(round(period / 60, 1)), ' min'), concat(toString(round(period / 3600, 1)), ' h')), ' to ', peer) AS says,
  map('beats', toString(beats), 'median_interval_seconds', toString(round(period, 3)), 'interval_mad_seconds', toString(round(array_mad(gaps), 3)), 'timestamp_score', toString(round(timestamp_score, 3)),
    'data_size_score', toString(round(data_size_score, 3)), 'median_bytes_out', toString(round(usual_size)), 'bytes_out', toString(round(sent)), 'bytes_in', toString(received), 'peer', peer, 'per', if(replica = '', 'workload', 'container')) AS measured,
  [peer] AS destinations
FROM measured_beats
WHERE NOT is_habit AND beats >= {beats_min:UInt32} AND usual_size >= {beat_floor_bytes:UInt64} AND sent >= {beat_ratio_min:Float64} * received
  AND array_mad(gaps) <= {period_max_jitter:Float64} * period AND period >= 1
ORDER BY likelihood DESC LIMIT 1 BY entity_id, peer, dst_port
