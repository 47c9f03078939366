-- what: Do connections of this entity to one target add up beyond what is usual, though no single minute stands out?
-- class: traffic
-- role: trigger
-- needs: egress
-- parameters: cusum_slack, cusum_alarm, cusum_floor, cold_allowance, cold_alarm, talked_min
-- cost: 0.25
-- CUSUM over minutes, S = C - running minimum of C, a day at a time, reset after its alarm's day. With at least one earlier day (two weeks at most) the
-- minutes of the same hours, one before to one after, say what is usual, idle ones included; a minute counts four deviations at most, so that three are needed.
-- Without one, and for a target that has none, only futile connections count, and what exceeds the allowance of each address adds up.
-- Hours in which the target never got anything have the allowance too, others as much of it as their busiest minute: health checks begin at any time. Where a target that
-- used to answer answers nothing at all, it is down more likely than pressed. A day can only add up
-- where one of its minutes is over the allowance, or over the least deviation: five floors, or one where something is futile.
WITH
  climbing AS (
    SELECT entity_id, target, toDate(minute) AS day FROM contact_judged AS c WHERE NOT is_baseline AND (c.connections > {cusum_slack:Float64} * {cusum_floor:Float64} OR c.futile > 0)
    GROUP BY entity_id, target, day
    HAVING max(c.connections) > 5 * {cusum_slack:Float64} * {cusum_floor:Float64} OR max(c.connections) > {cusum_slack:Float64} * {cusum_floor:Float64} AND sum(c.futile) > 0 OR max(c.futile > c.sources * {cold_allowance:UInt32})
  ),
  lives AS (
    SELECT entity_id, toDate(min(hour)) AS born, countIf(is_baseline) > 0 AS has_baseline, uniqExactIf(toDate(hour), is_baseline) AS baseline_days FROM egress_hour
    WHERE role = 'initiator' AND entity_id IN (SELECT entity_id FROM climbing) GROUP BY entity_id
  ),
  days AS (
    SELECT entity_id, target, toDate(minute) AS day, any(peer) AS name, any(port) AS to_port, sum(c.connections) AS opened, sum(c.futile) AS futile_all,
      groupArray((toUInt16(intDiv(toUInt32(minute) % 86400, 60)), c.connections, c.futile, c.sources)) AS seen
    FROM contact_minute AS c WHERE NOT is_baseline AND (entity_id, target, toDate(minute)) IN (SELECT entity_id, target, day FROM climbing) GROUP BY entity_id, target, day HAVING opened >= {cold_alarm:UInt32}
  ),
  reference AS (
    SELECT d.entity_id AS entity_id, d.target AS target, d.day AS day, if(empty(earlier), 0, if(any(l.has_baseline), any(l.baseline_days), toUInt64(d.day - any(l.born)))) AS days_known,
      groupArrayIf((toUInt8(toHour(h.minute)), h.connections), h.is_baseline OR (toUInt32(h.minute) > 0 AND toDate(h.minute) < d.day AND toDate(h.minute) + 14 >= d.day)) AS earlier
    FROM days AS d JOIN lives AS l ON l.entity_id = d.entity_id LEFT JOIN (SELECT * FROM contact_minute WHERE (entity_id, target) IN (SELECT entity_id, target FROM days)) AS h ON h.entity_id = d.entity_id AND h.target = d.target
    GROUP BY d.entity_id, d.target, d.day
  ),
  usual AS (
    SELECT entity_id, target, day, days_known,
      arrayMap(hour -> arrayResize(arrayMap(t -> toFloat64(t.2), arrayFilter(t -> (t.1 + 25 - hour) % 24 <= 2, earlier)), toUInt32(greatest(1, 180 * least(days_known, 14)))), range(24)) AS minutes_of_hour,
      arrayMap(minutes -> arrayReduce('quantileExactInclusive(0.5)', minutes), minutes_of_hour) AS centre, arrayMap(minutes -> arrayMax(minutes), minutes_of_hour) AS busiest,
      arrayMap((minutes, middle) -> greatest(1.4826 * array_mad(minutes), 0.1 * middle, sqrt(middle)), minutes_of_hour, centre) AS spread
    FROM reference
  ),
  talked AS (
    SELECT entity_id, target, min(time) AS since, groupArraySorted(100)(time)[{talked_min:UInt32}] AS often FROM answered WHERE (entity_id, target) IN (SELECT entity_id, target FROM days) GROUP BY entity_id, target
  ),
  summed AS (
    SELECT d.*, u.days_known AS days_known, arrayMap(t -> t.1, d.seen) AS at, d.futile_all * 2 > d.opened AS is_futile,
      if(is_futile, {cusum_floor:Float64}, 5 * {cusum_floor:Float64}) AS least_spread,
      arrayMap(minute -> intDiv(minute, 60) + 1, at) AS hours,
      arrayMap(t -> toFloat64(t.2), d.seen) AS opened_at, arrayMap(t -> toFloat64(t.3), d.seen) AS futile_at, arrayMap((t, allowance) -> t.4 * allowance, d.seen, arrayWithConstant(length(at), toFloat64({cold_allowance:UInt32}))) AS allowed_at,
      -- One number a minute of the day; minutes without a row opened next to nothing.
      if(u.days_known >= 1,
        arrayMap((x, allowed, middle, most, width, slack) -> least(4, (x - greatest(middle, if(most > 0, least(most, allowed), allowed))) / width) - slack, opened_at, allowed_at, arrayMap(h -> u.centre[h], hours), arrayMap(h -> u.busiest[h], hours), arrayMap(h -> greatest(u.spread[h], least_spread), hours), arrayWithConstant(length(at), {cusum_slack:Float64})),
        arrayMap((x, allowed) -> least(60, x - allowed), futile_at, allowed_at)) AS steps,
      if(u.days_known >= 1, {cusum_alarm:Float64}, toFloat64({cold_alarm:UInt32})) AS alarm,
      arraySort(arrayConcat(arrayZip(at, steps), arrayMap(minute -> (minute, if(u.days_known >= 1, -1., -60.)), arrayFilter(minute -> NOT has(at, minute), range(arrayMin(at), arrayMax(at) + 1))))) AS walk,
      arrayCumSumNonNegative(arrayMap(t -> t.2, walk)) AS sums, arrayMax(sums) AS highest,
      arrayFirstIndex(s -> s >= alarm, sums) AS first_alarm,
      arrayLastIndex(s -> s >= alarm, sums) AS last_alarm,
      arrayLastIndex((s, i) -> s = 0 AND i < first_alarm, sums, arrayEnumerate(sums)) AS climb
    FROM days AS d JOIN usual AS u ON u.entity_id = d.entity_id AND u.target = d.target AND u.day = d.day
  )
SELECT s.entity_id AS entity_id, toDateTime64(toDateTime(s.day, 'UTC') + 60 * walk[climb + 1].1, 6, 'UTC') AS window_from, toDateTime64(toDateTime(s.day, 'UTC') + 60 * (walk[last_alarm].1 + 1), 6, 'UTC') AS window_to,
  t.often > toDateTime64(1, 6, 'UTC') AND t.often <= window_from AND t.since + toIntervalMinute(10) <= window_from AND arrayAll((at_minute, x, futile) -> at_minute < walk[climb + 1].1 OR at_minute > walk[last_alarm].1 OR futile = x, at, opened_at, futile_at) AS is_outage,
  multiIf(s.days_known = 0, 0.7 + 0.2 * log_ramp(highest, alarm, 1.5 * alarm), is_futile, 0.6 + 0.3 * log_ramp(highest, alarm, 4 * alarm), 0.3 + 0.25 * log_ramp(highest, alarm, 8 * alarm)) * if(is_outage, 0.5, 1) AS likelihood,
  concat('up to ', toString(toUInt32(arrayMax(opened_at))), ' connections a minute', if(is_futile, ' without a word', ''), ' to ', s.name, if(s.to_port > 0, concat(':', toString(s.to_port)), ''), ' over ', toString(last_alarm - climb), ' min, ',
    if(s.days_known = 0, 'more than anybody waiting would make', concat('cumulative sum ', toString(round(highest, 1)), ' over an alarm at ', toString(alarm)))) AS says,
  map('connections', toString(s.opened), 'futile', toString(s.futile_all), 'cumulative_sum', toString(round(highest, 1)), 'alarm', toString(alarm), 'days_known', toString(s.days_known), 'minutes', toString(last_alarm - climb), 'rung', if(s.days_known = 0, 'no history', 'its usual hours')) AS measured,
  [s.name] AS destinations
FROM summed AS s LEFT JOIN talked AS t ON t.entity_id = s.entity_id AND t.target = s.target WHERE first_alarm > 0
