-- what: Does this entity open far more connections to one target, or send it far more small packets, than it usually does?
-- class: traffic
-- role: trigger
-- needs: egress
-- parameters: rate_ceiling, rate_ratio_min, small_packets_floor, usual_days_min, peers_min
-- cost: 0.25
-- Conversations at a high rate are what busy services make: without a history neither they alone suffice nor with one
-- kind of context (0.38 with a command started before, 0.35, stays under 0.6). With one, the
-- largest minute of the earlier days (or of the baseline) is what is usual; without one, three times what the busier peers open raises the ceiling.
WITH
  conversing AS (SELECT * FROM contact_judged WHERE futile * 2 < connections OR protocol != 'tcp' AND unanswered_packets * 2 < packets),
  judged AS (
    SELECT *, sum(connections + packets) OVER same_minute AS all_sent, count() OVER same_minute AS targets FROM conversing
    WHERE NOT is_baseline AND (connections * 5 >= {rate_ceiling:UInt32} OR packets >= {small_packets_floor:UInt32})
    WINDOW same_minute AS (PARTITION BY entity_id, minute)
    ORDER BY connections DESC LIMIT 20 BY entity_id, target
  ),
  peaks AS (SELECT entity_id, max(connections) AS peak FROM conversing WHERE NOT is_baseline GROUP BY entity_id),
  lives AS (SELECT entity_id, min(first_minute) AS born FROM egress_pair WHERE role = 'initiator' AND entity_id IN (SELECT entity_id FROM judged) GROUP BY entity_id),
  history AS (
    SELECT * FROM contact_minute
    WHERE (entity_id, target) IN (SELECT entity_id, target FROM judged) AND (futile * 2 < connections OR protocol != 'tcp' AND unanswered_packets * 2 < packets)
  ),
  known AS (
    SELECT j.entity_id AS entity_id, j.target AS target, j.protocol AS protocol, j.minute AS minute, any(j.peer) AS peer, any(j.port) AS port, any(j.connections) AS opened, any(j.packets) AS sent_packets, any(j.bytes) AS sent, any(j.targets > 10 AND (j.connections + j.packets) * 2 < j.all_sent) AS is_spread,
      maxIf(h.connections, h.is_baseline OR toDate(h.minute) < toDate(j.minute)) AS usual, maxIf(h.packets, h.is_baseline OR toDate(h.minute) < toDate(j.minute)) AS usual_packets,
      uniqExactIf(toStartOfHour(h.minute), h.is_baseline) AS baseline_hours
    FROM judged AS j JOIN history AS h ON h.entity_id = j.entity_id AND h.target = j.target AND h.protocol = j.protocol
    GROUP BY j.entity_id, j.target, j.protocol, j.minute
  )
SELECT k.entity_id AS entity_id, toDateTime64(k.minute, 6, 'UTC') AS window_from, toDateTime64(k.minute + 60, 6, 'UTC') AS window_to,
  k.baseline_hours >= {usual_days_min:UInt32} OR toDate(l.born) + {usual_days_min:UInt32} <= toDate(k.minute) AS has_history,
  greatest(k.opened / greatest(toFloat64(k.usual), {rate_ceiling:UInt32} / 5 / {rate_ratio_min:Float64}), if(k.sent < 200 * k.sent_packets AND k.usual_packets > 0, k.sent_packets / greatest(toFloat64(k.usual_packets), {small_packets_floor:UInt32} / {rate_ratio_min:Float64}), 0)) AS ratio,
  (SELECT if(count() > {peers_min:UInt32}, 3 * quantileExact(0.75)(peak), 0) FROM peaks) AS peers, toFloat64(greatest(toUInt64(ifNull(peers, 0)), toUInt64({rate_ceiling:UInt32}))) AS ceiling,
  if(has_history, if(ratio < {rate_ratio_min:Float64}, 0, 0.3 + 0.6 * log_ramp(ratio, {rate_ratio_min:Float64}, 10 * {rate_ratio_min:Float64})), if(k.opened < ceiling, 0, 0.2 + 0.18 * log_ramp(k.opened, ceiling, 10 * ceiling)))
    * if(k.is_spread, 0.5, 1) AS likelihood,
  concat(toString(k.opened), ' ', k.protocol, ' connections (', toString(k.sent_packets), ' packets) in a minute to ', k.peer, if(k.port > 0, concat(':', toString(k.port)), ''), if(has_history, concat(', ', toString(round(ratio, 1)), ' times its usual peak'), ', no history to compare')) AS says,
  map('connections', toString(k.opened), 'packets', toString(k.sent_packets), 'bytes_out', toString(k.sent), 'usual_peak', toString(k.usual), 'ratio_to_usual', toString(round(ratio, 2)), 'ceiling', toString(toUInt64(ceiling)), 'rung', multiIf(has_history, 'its own days', peers > {rate_ceiling:UInt32}, 'its peers', 'no history')) AS measured,
  [k.peer] AS destinations
FROM known AS k LEFT JOIN lives AS l ON l.entity_id = k.entity_id
