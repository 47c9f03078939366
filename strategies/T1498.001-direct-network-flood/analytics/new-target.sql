-- what: Is a target outside that gets a flood's worth of connections without a word, alone or with others, new to this entity and to the fleet?
-- class: destination
-- role: context
-- needs: egress
-- parameters: futile_floor, cold_allowance
-- cost: 0.25
-- A flood is many and small: 400 SYN are 18 kB, which is little to send to a new place and much to ask of it. So what makes novelty count is what
-- futile-flood counts, and not bytes as for uploads. Who begins within the hour does not make a target known: bots begin together. A scan presses nobody.
WITH
  began AS (SELECT min(first_minute) AS at, max(is_baseline) AS has_baseline FROM egress_pair),
  futile AS (
    SELECT *, greatest(0, toFloat64(futile) - {cold_allowance:UInt32} * sources) AS over_allowed, sum(over_allowed) OVER (PARTITION BY entity_id, minute) AS over_allowed_in_all
    FROM contact_judged WHERE NOT is_baseline AND NOT is_target_inside AND protocol = 'tcp' AND NOT (ports * 4 > connections AND ports > 20)
      AND (futile >= {futile_floor:UInt32} OR futile > {cold_allowance:UInt32} * sources)
  ),
  pressed AS (
    SELECT entity_id, target, any(c.peer) AS peer, min(c.minute) AS since, max(c.minute) AS until, max(c.futile) AS most FROM futile AS c
    WHERE c.futile >= {futile_floor:UInt32} OR c.over_allowed > 0 AND c.over_allowed_in_all >= {futile_floor:UInt32} GROUP BY entity_id, target
  ),
  lives AS (
    SELECT entity_id, min(first_minute) AS born, max(is_baseline) AS has_baseline FROM egress_pair WHERE entity_id IN (SELECT entity_id FROM pressed) GROUP BY entity_id
  ),
  asked AS (
    SELECT entity_id, peer_ip AS target, min(e.first_minute) AS first_contact, max(is_baseline) AS is_known FROM egress_pair AS e
    WHERE role = 'initiator' AND peer_ip IN (SELECT target FROM pressed) GROUP BY entity_id, target
  ),
  asked_by_any AS (SELECT target, min(first_contact) AS first_by_any, max(is_known) AS is_known_to_any FROM asked GROUP BY target)
SELECT p.entity_id AS entity_id, toDateTime64(p.since, 6, 'UTC') AS window_from, toDateTime64(p.until + 60, 6, 'UTC') AS window_to,
  l.has_baseline OR a.first_contact >= l.born + INTERVAL 1 DAY AS has_history,
  NOT f.is_known_to_any AND f.first_by_any + 3600 >= p.since AND ((SELECT has_baseline FROM began) OR f.first_by_any >= (SELECT at FROM began) + INTERVAL 1 DAY) AS is_new_to_all,
  multiIf(is_new_to_all, 0.35, has_history, 0.3, 0.2) AS likelihood,
  concat(multiIf(is_new_to_all, 'nobody asked before for ', has_history, 'first contact with ', 'no earlier contact known with '), p.peer, ', which is told nothing ', toString(p.most), ' times a minute') AS says,
  map('peer', p.peer, 'futile_a_minute', toString(p.most), 'history_days', toString(round(dateDiff('hour', l.born, a.first_contact) / 24, 1))) AS measured,
  [p.peer] AS destinations
FROM pressed AS p JOIN lives AS l ON l.entity_id = p.entity_id JOIN asked AS a ON a.entity_id = p.entity_id AND a.target = p.target JOIN asked_by_any AS f ON f.target = p.target
WHERE NOT a.is_known AND a.first_contact + INTERVAL 1 DAY > p.since
ORDER BY p.most DESC LIMIT 10 BY p.entity_id
