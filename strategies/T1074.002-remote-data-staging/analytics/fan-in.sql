-- what: Did one workload get bulk data from unusually many others inside, sent to it or fetched by it?
-- class: traffic
-- role: trigger
-- needs: inflow_hour
-- parameters: gather_sources_min, source_floor_bytes, gather_high_bytes, bulk_max_seconds, burst_seconds, flood_ratio
-- cost: 0.25
-- Bulk is an archive's shape: one connection carries most of what a source sends, and ends; with a history also a burst of `burst_seconds`.
-- Log shippers, scrapers, databases and brokers talk all day in pieces. A source counts where this edge is new in
-- this amount (no earlier day, and no day known to be good, had a third of it and bulk at all: a greeting the day before makes nobody
-- known) and, once a day of history exists, where the source itself is older than that day: parts of a new application feed each other
-- on their first day.
-- Two families of days, half a day apart, so that midnight splits no gathering of up to twelve hours.
WITH
  lives AS (SELECT entity_id, min(first_minute) AS born, max(is_baseline) AS has_baseline FROM egress_pair GROUP BY entity_id),
  began AS (SELECT min(born) AS at, max(has_baseline) AS has_baseline FROM lives),
  days AS (
    SELECT entity_id, source_id, family, intDiv(toUInt32(hour) + family, 86400) AS day, max(i.how) AS how, sum(i.bytes_in) AS bytes, max(i.largest_bytes) AS largest,
      argMax(i.largest_seconds, i.largest_bytes) AS seconds, sum(i.connections) AS pieces, min(i.first_time) AS since, max(i.last_time) AS until, i.is_baseline AS is_known
    FROM inflow_hour AS i ARRAY JOIN [0, 43200] AS family WHERE entity_id IN (SELECT entity_id FROM inflow_judged GROUP BY entity_id HAVING sum(bytes_in) >= {source_floor_bytes:UInt64})
    GROUP BY entity_id, source_id, family, day, is_known
  ),
  edges AS (
    SELECT *, max(bytes) OVER (PARTITION BY entity_id, source_id, family ORDER BY is_known DESC, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS usual FROM days
  ),
  rated AS (
    SELECT e.*, NOT (SELECT has_baseline FROM began) AND toDateTime(e.since) < (SELECT at FROM began) + 86400 AS is_cold,
      e.bytes >= {source_floor_bytes:UInt64} AND (e.usual < {source_floor_bytes:UInt64} OR 3 * e.usual < e.bytes) AND (is_cold OR l.has_baseline OR l.born + 86400 <= toDateTime(e.since))
        AND ((2 * e.largest >= e.bytes AND e.seconds <= {bulk_max_seconds:UInt32}) OR (NOT is_cold AND e.until <= e.since + {burst_seconds:UInt32})) AS is_gathered
    FROM edges AS e JOIN lives AS l ON l.entity_id = e.source_id WHERE NOT e.is_known
  ),
  gathered AS (
    SELECT entity_id, min(if(is_gathered OR usual > 0, since, until)) AS window_from, max(if(is_gathered OR usual > 0, until, since)) AS window_to, max(is_cold) AS is_cold, uniqExactIf(source_id, is_gathered) AS sources, sumIf(bytes, is_gathered) AS total,
      arraySort(groupUniqArrayIf(50)(replaceRegexpOne(source_id, '^[a-z]+:', ''), is_gathered)) AS names, maxIf(how, is_gathered) AS way, uniqExactIf(source_id, usual > 0) AS known_sources,
      sumIf(bytes, usual > 0) AS known_bytes, sumIf(usual, usual > 0) AS known_usual
    FROM rated GROUP BY entity_id, family, day HAVING max(rated.until) >= (SELECT minOrNull(hour) FROM inflow_judged)
  )
SELECT entity_id, window_from, window_to,
  multiIf(sources >= {gather_sources_min:UInt32},
      (0.45 + 0.35 * log_ramp(sources, {gather_sources_min:UInt32}, 4 * {gather_sources_min:UInt32}) + if(is_cold, 0, 0.1)) * (0.7 + 0.3 * log_ramp(total, 3 * {source_floor_bytes:UInt64}, {gather_high_bytes:UInt64})),
    sources > 0 AND NOT is_cold AND total >= 16 * {source_floor_bytes:UInt64}, 0.3,
    sources = 0 AND known_bytes >= {flood_ratio:Float64} * known_usual AND known_bytes >= 16 * {source_floor_bytes:UInt64}, 0.2, 0) AS likelihood,
  if(sources > 0, concat(toString(sources), if(sources = 1, ' workload', ' workloads'), if(way = 'pull', ' gave it ', ' sent it '), formatReadableSize(total), ' in bulk (', arrayStringConcat(arraySlice(names, 1, 4), ', '), if(sources > 4, ' …', ''), ')',
      if(is_cold, ', no history to compare', ', as never before')),
    concat('no new source, but ', toString(known_sources), if(known_sources = 1, ' known one sends ', ' known ones send '), toString(round(known_bytes / known_usual)), ' times the usual amount: a flood of logs or a backlog rather than staging')) AS says,
  map('role', 'gather', 'sources', toString(sources), 'bytes_in', toString(total), 'way', toString(way), 'known_sources', toString(known_sources), 'known_bytes', toString(known_bytes), 'known_usual_bytes', toString(known_usual), 'has_history', toString(NOT is_cold)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM gathered
