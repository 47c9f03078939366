-- what: Does this entity upload to one outside destination at regular intervals?
-- class: traffic
-- role: trigger
-- needs: connection, connection.bytes_out
-- parameters: beats_min, beat_floor_bytes, beat_ratio_min, period_max_jitter
-- cost: 1
-- Regularity is judged per workload (a job that is a new container each run still has a rhythm) and per container
-- (replicas do not blur each other). Several a second are one page load or one job, not a rhythm. What counts is how seldom uploads at
-- random times look as regular: of simulated series with exponential gaps, (dispersion / 0.693) ^ (0.37 gaps) do, within a factor of two from
-- 5 to 23 gaps. So six exact beats tell enough, and a thousand loose ones no more than their looseness lets them. RITA's timestamp score,
-- which a skewed jitter halves, is told beside it, and its data-size score counts for a third; sums of both directions never do. Few bytes
-- in the usual size make a rhythm less telling: one large upload among small ones is not the rhythm's.
WITH
  -- Who sends more than it gets in what is judged; the rhythm itself is of all that is kept.
  senders AS (
    SELECT entity_id, peer, peer_port FROM hour_judged AS h WHERE role = 'initiator' AND NOT is_peer_inside
    GROUP BY entity_id, peer, peer_port HAVING sum(h.bytes_out) > sum(h.bytes_in)
  ),
  pairs AS (
    SELECT entity_id, peer, dst_port FROM connection
    WHERE (entity_id, peer, dst_port) IN senders AND entity_id != '' AND NOT is_dst_inside AND protocol = 'tcp'
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
      array_mad(gaps) / greatest(period, 0.001) AS dispersion,
      -- Natural logarithm of one over the chance; 7 is one in a thousand. Nothing is taken for more exact than 2 %: timers and polls are not.
      greatest(0, 0.37 * length(gaps) * log(0.693 / greatest(dispersion, 0.02))) AS surprise,
      arrayReduce('quantileExactInclusive(0.5)', sizes) AS usual_size,
      greatest(0, (usual_size - array_mad(sizes)) / greatest(usual_size, 1)) AS data_size_score
    FROM beats WHERE length(seen) >= {beats_min:UInt32}
  )
SELECT entity_id, fromUnixTimestamp64Micro(toInt64(starts[1] * 1e6), 'UTC') AS window_from, last_end AS window_to,
  (0.25 + 0.6 * greatest(0, least(1, ((least(1, surprise / 7) * (1 - dispersion) * 2 + data_size_score) / 3 - 0.55) / 0.35))) * (0.5 + 0.5 * log_ramp(beats * usual_size, 64 * {beat_floor_bytes:UInt64}, 4096 * {beat_floor_bytes:UInt64})) AS likelihood,
  concat(toString(beats), ' uploads of about ', formatReadableSize(usual_size), ' every ', multiIf(period < 120, concat(toString(round(period, 1)), ' s'), period < 7200, concat(toString(round(period / 60, 1)), ' min'), concat(toString(round(period / 3600, 1)), ' h')), ' to ', peer) AS says,
  map('beats', toString(beats), 'median_interval_seconds', toString(round(period, 3)), 'interval_mad_seconds', toString(round(array_mad(gaps), 3)), 'chance_percent', toString(round(100 * exp(-surprise), 2)), 'timestamp_score', toString(round(timestamp_score, 3)),
    'data_size_score', toString(round(data_size_score, 3)), 'median_bytes_out', toString(round(usual_size)), 'bytes_out', toString(round(sent)), 'bytes_in', toString(received), 'peer', peer, 'per', if(replica = '', 'workload', 'container')) AS measured,
  [peer] AS destinations
FROM measured_beats
WHERE NOT is_habit AND beats >= {beats_min:UInt32} AND usual_size >= {beat_floor_bytes:UInt64} AND sent >= {beat_ratio_min:Float64} * received
  AND dispersion <= {period_max_jitter:Float64} AND period >= 1
ORDER BY likelihood DESC LIMIT 1 BY entity_id, peer, dst_port
