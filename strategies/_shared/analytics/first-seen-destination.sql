-- what: Is the destination new for this entity and rare in the fleet?
-- class: destination
-- role: context
-- needs: egress, egress.bytes_out
-- parameters: novelty_floor_bytes, prevalence_max
-- cost: 0.25
-- Without a day of history everything is new: then novelty says little, and the likelihood says so. An entity that is new itself is
-- measured by the others: a place that nobody asked in a day and more of logs, or in the time known to be good, is new to all of them:
-- nearly as telling as a place that is new to an entity with habits of its own.
-- A place stays new for a week: who only waits a day to become known is not. Who gets more than twice what it sends downloads. A receiver may well answer with as much as it gets.
WITH
  fleet AS (SELECT uniqExact(entity_id) AS entities FROM egress_pair WHERE role = 'initiator'),
  began AS (SELECT min(first_minute) AS at, max(is_baseline) AS has_baseline FROM egress_pair),
  contacts AS (
    SELECT entity_id, peer, min(first_minute) AS first_contact, max(last_minute) AS last_contact, max(is_baseline) AS is_known, sum(e.bytes_out) AS sent, sum(e.bytes_in) AS received
    FROM egress_pair AS e WHERE role = 'initiator' AND NOT is_peer_inside GROUP BY entity_id, peer
    HAVING first_contact + INTERVAL 6 DAY >= (SELECT minOrNull(hour) FROM hour_judged) AND NOT is_known AND sent >= {novelty_floor_bytes:UInt64} AND 2 * sent >= received
  ),
  lives AS (
    SELECT entity_id, min(first_minute) AS born, max(is_baseline) AS has_baseline FROM egress_pair WHERE entity_id IN (SELECT entity_id FROM contacts) GROUP BY entity_id
  ),
  prevalence AS (
    SELECT peer, uniqExact(entity_id) AS callers, max(is_baseline) AS is_known_to_any, min(first_minute) AS first_by_any FROM egress_pair
    WHERE role = 'initiator' AND NOT is_peer_inside AND peer IN (SELECT peer FROM contacts) GROUP BY peer
  )
SELECT c.entity_id AS entity_id, toDateTime64(c.first_contact, 6, 'UTC') AS window_from, toDateTime64(c.last_contact + 60, 6, 'UTC') AS window_to,
  (l.has_baseline OR c.first_contact >= l.born + INTERVAL 1 DAY) AS has_history,
  ((SELECT entities FROM fleet) >= 5 AND p.callers <= {prevalence_max:Float64} * (SELECT entities FROM fleet)) AS is_rare,
  is_rare AND NOT p.is_known_to_any AND ((SELECT has_baseline FROM began) OR p.first_by_any >= (SELECT at FROM began) + INTERVAL 1 DAY) AS is_new_to_all,
  multiIf(has_history AND is_rare, 0.4, is_new_to_all, 0.35, has_history, 0.3, 0.2) AS likelihood,
  concat(multiIf(has_history, 'first contact with ', is_new_to_all, 'nobody asked before for ', 'no earlier contact known with '), c.peer, if(is_rare, concat(', which ', toString(p.callers), ' of ', toString((SELECT entities FROM fleet)), ' entities talk to'), '')) AS says,
  map('peer', c.peer, 'bytes_out', toString(c.sent), 'callers', toString(p.callers), 'entities', toString((SELECT entities FROM fleet)), 'history_days', toString(round(dateDiff('hour', l.born, c.first_contact) / 24, 1))) AS measured,
  [c.peer] AS destinations
FROM contacts AS c JOIN lives AS l ON l.entity_id = c.entity_id JOIN prevalence AS p ON p.peer = c.peer
ORDER BY c.sent DESC LIMIT 10 BY c.entity_id
