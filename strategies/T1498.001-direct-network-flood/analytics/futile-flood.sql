-- what: Does this entity throw packets or connections in which nothing is said at one target, or at several together?
-- class: traffic
-- role: trigger
-- needs: egress.bytes_out
-- parameters: futile_floor, udp_packets_floor, icmp_packets_floor, unanswered_bytes_floor, cold_allowance, usual_days_min, talked_min
-- cost: 0.25
-- What separates a flood from work at the same rate is that nothing is said: no answer, a refusal, an empty handshake, a ping. It counts for less
-- where the target talked with this entity often before (an outage makes its clients futile; ten times the floor nobody needs), where most of it goes to
-- more than ten others and few of them get too much (a crawler), where every connection has a port of its own and a few small packets (a scan),
-- and where three earlier days or hours of a baseline were like it. Several targets add up, and outside also what each gets below the floor beyond what
-- who waits would send, as in carpet bombing. For UDP packets say how heavy it is, since a resolver's client has a socket for each question.
WITH
  measured AS (
    SELECT *,
      [futile / {futile_floor:UInt32}, if(protocol IN ('tcp', 'icmp', 'ipv6-icmp', 'icmpv6'), 0, unanswered_packets / {udp_packets_floor:UInt32}),
        if(protocol IN ('icmp', 'ipv6-icmp', 'icmpv6'), packets / {icmp_packets_floor:UInt32}, 0), unanswered_bytes / {unanswered_bytes_floor:UInt64}] AS over,
      arrayMax(over) AS ratio, indexOf(over, ratio) AS kind, if(protocol = 'udp', arrayMax(arrayPopFront(over)), ratio) AS weight,
      greatest(if(ratio >= 1, ratio, 0), if(protocol = 'tcp' AND NOT is_target_inside, (toFloat64(futile) - {cold_allowance:UInt32} * sources) / {futile_floor:UInt32}, 0)) AS part
    FROM contact_judged
  ),
  rated AS (
    SELECT *, sum(futile + packets) OVER same_minute AS all_sent, count() OVER same_minute AS targets, countIf(ratio >= 1) OVER same_minute AS flooded,
      sum(part) OVER same_minute AS parts, countIf(part > 0) OVER same_minute AS pressed
    FROM measured WHERE (entity_id, minute) IN (SELECT entity_id, minute FROM measured WHERE part > 0)
    WINDOW same_minute AS (PARTITION BY entity_id, minute)
  ),
  judged AS (SELECT * FROM rated WHERE part > 0 AND parts >= 1 AND NOT is_baseline ORDER BY ratio DESC LIMIT 20 BY entity_id, target),
  talked AS (
    SELECT entity_id, target, protocol, min(time) AS since, groupArraySorted(100)(time)[{talked_min:UInt32}] AS often FROM answered
    WHERE (entity_id, target) IN (SELECT entity_id, target FROM judged) GROUP BY entity_id, target, protocol
  ),
  lives AS (SELECT entity_id, min(hour) AS born, uniqExactIf(hour, is_baseline) AS baseline_hours FROM egress_hour WHERE role = 'initiator' AND entity_id IN (SELECT entity_id FROM judged) GROUP BY entity_id),
  history AS (
    SELECT entity_id, target, protocol, minute, is_baseline, greatest(futile / {futile_floor:UInt32}, if(protocol IN ('tcp', 'icmp', 'ipv6-icmp', 'icmpv6'), 0, unanswered_packets / {udp_packets_floor:UInt32}),
      if(protocol IN ('icmp', 'ipv6-icmp', 'icmpv6'), packets / {icmp_packets_floor:UInt32}, 0), unanswered_bytes / {unanswered_bytes_floor:UInt64}) AS ratio
    FROM contact_minute WHERE (entity_id, target) IN (SELECT entity_id, target FROM judged)
  ),
  usual AS (
    SELECT j.entity_id AS entity_id, j.target AS target, j.protocol AS protocol, j.minute AS minute,
      uniqExactIf(toStartOfHour(h.minute), h.is_baseline AND h.ratio * 2 >= j.ratio) + uniqExactIf(toDate(h.minute), NOT h.is_baseline AND h.minute + 43200 <= j.minute AND h.ratio * 2 >= j.ratio) AS like_it
    FROM judged AS j JOIN (SELECT * FROM history WHERE ratio >= 0.1) AS h ON h.entity_id = j.entity_id AND h.target = j.target AND h.protocol = j.protocol
    GROUP BY j.entity_id, j.target, j.protocol, j.minute
  )
SELECT j.entity_id AS entity_id, toDateTime64(j.minute, 6, 'UTC') AS window_from, toDateTime64(j.minute + 60, 6, 'UTC') AS window_to,
  t.often > toDateTime64(1, 6, 'UTC') AND t.often <= j.minute AND t.since + toIntervalMinute(10) <= j.minute AND j.weight < 10 AS has_talked,
  j.targets > 10 AND j.pressed <= 3 AND (j.futile + j.packets) * 2 < j.all_sent AS is_spread, j.ports * 4 > j.connections AND j.ports > 20 AND j.packets <= 6 * j.ports AND j.bytes <= 400 * j.ports AND j.ratio < 10 AS is_scan,
  -- Metrics and logs of a first day, which services inside take without answering.
  j.protocol = 'udp' AND j.is_target_inside AND l.baseline_hours < {usual_days_min:UInt32} AND toDate(l.born) + {usual_days_min:UInt32} > toDate(j.minute) AS is_unjudged,
  -- Targets it knows that are down, and what it does every day, do not add up with others.
  greatest(j.ratio, sumIf(j.part, NOT has_talked AND u.like_it < {usual_days_min:UInt32}) OVER (PARTITION BY j.entity_id, j.minute)) AS all_over,
  multiIf(all_over < 1, 0, u.like_it >= {usual_days_min:UInt32}, 0.05, least(if(is_unjudged, 0.8, 1), 0.3 + 0.6 * log_ramp(all_over, 1, 10)) * if(has_talked, 0.5, 1) * if(is_spread, 0.5, 1) * if(is_scan, 0.4, 1)) AS likelihood,
  concat(multiIf(j.kind = 1, concat(toString(j.futile), ' ', j.protocol, ' connections without a word'), j.kind = 4, concat(formatReadableSize(j.unanswered_bytes), ' of unanswered ', j.protocol),
    concat(toString(greatest(j.packets, j.unanswered_packets)), ' ', j.protocol, ' packets')), ' in a minute to ', j.peer, if(j.port > 0, concat(':', toString(j.port)), ''), multiIf(j.flooded > 1, concat(', one of ', toString(j.flooded), ' targets over the floor'), j.ratio < 1, concat(', one of ', toString(j.pressed), ' that get more than who waits would send'), ''), if(has_talked, ', which used to answer it', '')) AS says,
  map('connections', toString(j.connections), 'futile', toString(j.futile), 'packets', toString(j.packets), 'bytes_out', toString(j.bytes), 'unanswered_bytes', toString(j.unanswered_bytes), 'protocol', toString(j.protocol),
    'ratio_to_ceiling', toString(round(j.ratio, 2)), 'ports', toString(j.ports), 'share_of_entity', toString(round((j.futile + j.packets) / greatest(1, j.all_sent), 2)), 'talked_before', toString(has_talked), 'targets_flooded', toString(j.flooded), 'earlier_days_like_it', toString(u.like_it)) AS measured,
  [j.peer] AS destinations
FROM judged AS j
LEFT JOIN usual AS u ON u.entity_id = j.entity_id AND u.target = j.target AND u.protocol = j.protocol AND u.minute = j.minute
LEFT JOIN talked AS t ON t.entity_id = j.entity_id AND t.target = j.target AND t.protocol = j.protocol
LEFT JOIN lives AS l ON l.entity_id = j.entity_id
