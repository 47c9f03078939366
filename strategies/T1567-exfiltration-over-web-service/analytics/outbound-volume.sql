-- what: Did this entity send more out than it, or its peers, usually do?
-- class: traffic
-- role: trigger
-- needs: egress, egress.bytes_out
-- parameters: volume_floor_bytes, volume_cold_low_bytes, volume_cold_high_bytes, volume_ratio_low, volume_ratio_high, history_windows_min, peers_min
-- cost: 3
-- Windows of a minute, an hour and a day run together: a burst, a batch and a drip. Only the past of a window is its history.
-- Who sent a third as much to the same place on two days, known to be good or a day and more ago, does it again: builds push when there is
-- something to push, at no usual hour. Six tenths of its likelihood open nothing alone, and the price is a blind spot for who sends the usual to the usual place.
-- As the answering side an entity is judged only against its own past: serving is what servers do.
WITH
  largest AS (
    SELECT * FROM window_judged WHERE NOT is_baseline AND bytes_out >= {volume_floor_bytes:UInt64}
    ORDER BY bytes_out DESC, bucket LIMIT 5 BY entity_id, role, scale
  ),
  -- With each minute its hour: a nightly backup fills one minute of a usual hour.
  judged AS (
    SELECT * FROM egress_window WHERE (entity_id, role, scale, bucket) IN (
      SELECT entity_id, role, moment.1, moment.2 FROM largest
      ARRAY JOIN if(scale = 60, [(scale, bucket), (toUInt32(3600), toUInt32(intDiv(bucket, 3600) * 3600))], [(scale, bucket)]) AS moment)
  ),
  lives AS (SELECT entity_id, toUInt32(min(first_minute)) AS born FROM egress_pair WHERE entity_id IN (SELECT entity_id FROM judged) GROUP BY entity_id),
  with_past AS (
    SELECT j.entity_id AS entity_id, j.role AS role, j.scale AS scale, j.bucket AS bucket, any(j.first_minute) AS first_minute, any(j.last_minute) AS last_minute,
      any(j.bytes_out) AS sent, any(j.bytes_in) AS received, any(j.top_peer) AS peer, least(any(l.born), j.bucket) AS born,
      groupArrayIf(w.bytes_out, w.is_baseline OR (w.bucket < j.bucket AND w.bucket + 168 * j.scale >= j.bucket)) AS trailing,
      uniqExactIf(intDiv(w.bucket, 86400), (w.is_baseline OR w.bucket + 86400 <= j.bucket) AND w.top_peer = j.top_peer AND j.top_peer != '' AND 3 * w.bytes_out >= j.bytes_out) AS days_like_it,
      countIf(w.is_baseline) AS baseline_windows, minIf(w.bucket, w.is_baseline) AS baseline_from, maxIf(w.bucket, w.is_baseline) AS baseline_to,
      groupArrayIf(w.bytes_out, w.bucket < j.bucket AND j.scale = 3600 AND (j.bucket - w.bucket) % 604800 = 0) AS same_hour_of_week,
      groupArrayIf(w.bytes_out, w.bucket < j.bucket AND j.scale = 3600 AND (j.bucket - w.bucket) % 86400 = 0) AS same_hour_of_day
    FROM judged AS j
    JOIN (
      SELECT * FROM egress_window WHERE (entity_id, role, scale) IN (SELECT entity_id, role, scale FROM judged)
        AND (scale = 60 AND bucket + 10080 >= (SELECT minOrNull(bucket) FROM window_judged WHERE scale = 60)
          OR scale = 3600 AND bucket + 9 * 604800 >= (SELECT minOrNull(bucket) FROM window_judged WHERE scale = 3600)
          OR scale = 86400 OR is_baseline AND (SELECT max(is_baseline) FROM egress_pair))
    ) AS w ON w.entity_id = j.entity_id AND w.role = j.role AND w.scale = j.scale
    JOIN lives AS l ON l.entity_id = j.entity_id
    WHERE w.is_baseline OR w.bucket = j.bucket OR (w.bucket < j.bucket AND w.bucket + if(j.scale = 3600, 4838400, 168 * j.scale) >= j.bucket)
    GROUP BY j.entity_id, j.role, j.scale, j.bucket
  ),
  -- What any entity sent in an hour of the last day: the peers of one without a history of its own.
  fleet_hours AS (
    SELECT role, bucket, groupArray(bytes_out) AS sums, groupArray(entity_id) AS who FROM egress_window
    WHERE scale = 3600 AND bucket + 86400 > (SELECT minOrNull(bucket) FROM judged WHERE scale = 3600) GROUP BY role, bucket
  ),
  fleet AS (
    SELECT j.role AS role, j.bucket AS bucket, length(arrayDistinct(groupArrayArray(f.who))) AS entities, groupArrayArray(f.sums) AS sums
    FROM (SELECT DISTINCT role, bucket FROM judged WHERE scale = 3600) AS j
    JOIN fleet_hours AS f ON f.role = j.role
    WHERE f.bucket <= j.bucket AND f.bucket + 86400 > j.bucket
    GROUP BY j.role, j.bucket
  ),
  peers AS (
    SELECT role, bucket, entities, arrayReduce('quantileExactInclusive(0.5)', sums) AS usual, array_mad(sums) AS deviation FROM fleet
  ),
  known AS (
    SELECT p.*, f.entities AS peer_entities, f.usual AS peer_usual, f.deviation AS peer_deviation,
      if(p.baseline_windows > 0, intDiv(p.baseline_to - p.baseline_from, p.scale) + 1, least(intDiv(p.bucket - p.born, p.scale), 168)) AS windows_known,
      intDiv(p.bucket - p.born, 604800) AS weeks_lived, intDiv(p.bucket - p.born, 86400) AS days_lived
    FROM with_past AS p LEFT JOIN peers AS f ON f.role = p.role AND f.bucket = intDiv(p.bucket, 3600) * 3600
  ),
  placed AS (
    SELECT *,
      multiIf(scale = 3600 AND weeks_lived >= 4, 'its usual hour of the week', scale = 3600 AND days_lived >= 7, 'its usual hour of the day',
        windows_known >= if(scale = 86400, 7, {history_windows_min:UInt32}), multiIf(scale = 60, 'its usual minute', scale = 3600, 'its usual hour', 'its usual day'),
        scale = 86400 AND toUInt32(last_minute) >= born + 86400, 'left to the hour',
        peer_entities > {peers_min:UInt32}, if(scale = 3600, 'its peers', 'left to the hour'), 'no history') AS rung
    FROM known WHERE role = 'initiator' OR windows_known >= {history_windows_min:UInt32}
  ),
  compared AS (
    SELECT *, startsWith(rung, 'its usual') AS has_history,
      multiIf(rung = 'its usual hour of the week', same_hour_of_week, rung = 'its usual hour of the day', same_hour_of_day, trailing) AS busy,
      multiIf(rung = 'its usual hour of the week', least(weeks_lived, 8), rung = 'its usual hour of the day', least(days_lived, 56), windows_known) AS windows,
      -- Idle windows count: a baseline of busy windows alone would call every pause normal.
      arrayConcat(busy, arrayResize(emptyArrayUInt64(), greatest(0, toInt64(windows) - toInt64(length(busy))))) AS history
    FROM placed WHERE rung != 'left to the hour'
  ),
  rated AS (
    SELECT *,
      -- A longer window gathers more of what is ordinary: the absolute limits hold for a minute, four times as much for an hour, sixteen for a day.
      multiIf(scale = 60, 1, scale = 3600, 4, 16) AS patience,
      multiIf(has_history, arrayReduce('quantileExactInclusive(0.5)', history), rung = 'its peers', peer_usual, 0) AS usual,
      greatest(1.4826 * multiIf(has_history, array_mad(history), rung = 'its peers', peer_deviation, 0), 0.1 * usual, {volume_floor_bytes:UInt64} / 10) AS spread,
      greatest(usual + 3 * spread, toFloat64({volume_floor_bytes:UInt64})) AS upper, sent / upper AS ratio,
      max(scale = 3600 AND has_history AND ratio < {volume_ratio_low:Float64}) OVER (PARTITION BY entity_id, role, intDiv(bucket, 3600)) AS in_usual_hour,
      days_like_it >= 2 OR (scale = 60 AND max(scale = 3600 AND days_like_it >= 2) OVER (PARTITION BY entity_id, role, intDiv(bucket, 3600))) AS is_recurring
    FROM compared
  ),
  hits AS (
    SELECT entity_id, role, sent, toDateTime64(first_minute, 6, 'UTC') AS window_from, toDateTime64(last_minute + 60, 6, 'UTC') AS window_to,
    -- With a history the ratio to its upper edge decides; without one an absolute amount, and sending more than is received.
    multiIf(rung = 'no history', if(sent > 2 * received AND sent >= patience * {volume_cold_low_bytes:UInt64}, 0.2 + 0.7 * log_ramp(sent, patience * {volume_cold_low_bytes:UInt64}, patience * {volume_cold_high_bytes:UInt64}), 0),
      ratio >= {volume_ratio_low:Float64} AND sent > received / 2,
        (0.2 + 0.7 * log_ramp(ratio, {volume_ratio_low:Float64}, {volume_ratio_high:Float64})) * if(sent > received, 1, 0.6), 0) * if(is_recurring, 0.6, 1) AS likelihood,
    concat(formatReadableSize(sent), if(role = 'responder', ' pulled out', ' out'), multiIf(scale = 60, ' in a minute', scale = 3600, ' in an hour', ' in a day'),
      multiIf(rung = 'no history', ', no history to compare', usual < 1, concat(', ', rung, ' sends nothing'), concat(', ', toString(round(sent / usual, if(sent < 10 * usual, 1, 0))), ' times ', rung)), if(is_recurring, ', though not for the first time to that place', '')) AS says,
    map('bytes_out', toString(sent), 'bytes_in', toString(received), 'window_seconds', toString(scale), 'role', toString(role), 'rung', rung,
      'baseline_windows', toString(if(has_history, length(history), 0)), 'baseline_median_bytes', toString(round(usual)), 'baseline_upper_bytes', toString(round(upper)),
      'ratio_to_upper', toString(round(ratio, 2)), 'top_peer', peer, 'earlier_days_like_it', toString(days_like_it)) AS measured
    FROM rated WHERE likelihood >= 0.05 AND NOT (scale = 60 AND in_usual_hour)
  )
-- Where it went: destinations that got at least a tenth of it in the hours concerned.
SELECT h.entity_id AS entity_id, h.window_from AS window_from, h.window_to AS window_to, h.likelihood AS likelihood, h.says AS says, any(h.measured) AS measured,
  arrayMap(t -> t.2, arraySlice(arrayReverseSort(groupUniqArray(50)((e.bytes_out, e.peer))), 1, 5)) AS destinations
FROM (SELECT * FROM egress_hour WHERE hour + INTERVAL 2 DAY >= (SELECT minOrNull(hour) FROM hour_judged)) AS e JOIN hits AS h ON h.entity_id = e.entity_id AND h.role = e.role
WHERE NOT e.is_peer_inside AND is_web_or_unknown(e.app) AND e.first_minute < h.window_to AND e.last_minute >= h.window_from AND e.bytes_out * 10 >= h.sent
GROUP BY h.entity_id, h.role, h.sent, h.window_from, h.window_to, h.likelihood, h.says
