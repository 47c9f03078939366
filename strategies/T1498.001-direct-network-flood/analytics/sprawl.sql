-- what: Do many containers begin at the same time to open connections to one target, each of them modestly?
-- class: traffic
-- role: trigger
-- needs: egress
-- parameters: sprawl_members_min, sprawl_member_floor, sprawl_total_floor, cold_allowance
-- cost: 0.25
-- Replicas of a service share their database too: what differs is that they begin together and have never talked with the target, and that their
-- connections say nothing or resemble each other to within a fifth. A member is found by itself, so that it can be
-- contained by itself. Services of a start-up wait for one target inside: there, of the minutes
-- after the first, only what is over the allowance counts, and members that stay below it are never a finding alone. `deed` makes one incident of all.
WITH
  -- Who talked with the target more than ten minutes before belongs to those who use it.
  talked AS (
    SELECT entity_id, peer_ip, min(e.first_minute) AS since, max(is_baseline) AS is_old FROM egress_pair AS e WHERE role = 'initiator' GROUP BY e.entity_id, e.peer_ip
    HAVING NOT is_old AND since + 1200 >= (SELECT min(minute) FROM contact_judged)
  ),
  begun AS (
    SELECT entity_id, target, min(minute) AS first_minute, max(c.is_baseline) AS is_old FROM contact_minute AS c
    WHERE (entity_id, target) IN (SELECT entity_id, peer_ip FROM talked) GROUP BY c.entity_id, c.target
  ),
  members AS (
    SELECT c.entity_id AS entity_id, c.target AS target, intDiv(toUInt32(c.minute), 300) AS stretch, min(c.minute) AS from_minute, max(c.minute) AS to_minute, sum(c.connections) AS opened, sum(c.futile) AS nothing_said, max(c.is_target_inside) AS is_inside, greatest(0, toInt64(nothing_said) - if(is_inside, toInt64({cold_allowance:UInt32} * (uniqExact(c.minute) - 1) * max(c.sources)), 0)) AS over_allowed, any(c.peer) AS name, any(c.port) AS to_port
    FROM (SELECT * FROM contact_judged WHERE (entity_id, target) IN (SELECT entity_id, peer_ip FROM talked)) AS c
    JOIN begun AS b ON b.entity_id = c.entity_id AND b.target = c.target
    JOIN talked AS t ON t.entity_id = c.entity_id AND t.peer_ip = c.target
    WHERE NOT c.is_baseline AND NOT b.is_old AND c.minute <= b.first_minute + 600 AND t.since + 600 >= b.first_minute
    GROUP BY c.entity_id, c.target, stretch HAVING opened >= {sprawl_member_floor:UInt32}
  ),
  groups AS (
    SELECT target, stretch, count() AS n, sum(opened) AS total, sum(nothing_said) AS futile_total, sum(over_allowed) AS excess, max(is_inside) AND max(opened) <= 5 * {cold_allowance:UInt32} AS may_wait, futile_total * 2 > total AS is_futile, quantileExact(0.5)(opened) AS middle, arrayReduce('max', groupArray(opened)) AS largest,
      array_mad(groupArray(toFloat64(opened))) AS deviation, groupArray((entity_id, from_minute, to_minute, opened)) AS who, any(name) AS name, any(to_port) AS to_port
    FROM members GROUP BY target, stretch
    HAVING n >= {sprawl_members_min:UInt32} AND total >= {sprawl_total_floor:UInt32} AND if(is_futile, excess >= {sprawl_total_floor:UInt32}, deviation * 5 <= middle)
  )
SELECT who.1 AS entity_id, toDateTime64(who.2, 6, 'UTC') AS window_from, toDateTime64(who.3 + 60, 6, 'UTC') AS window_to,
  if(is_futile, least(if(may_wait, 0.8, 1), 0.4 + 0.5 * log_ramp(excess, {sprawl_total_floor:UInt32}, 20 * {sprawl_total_floor:UInt32})), 0.35 + 0.3 * log_ramp(total, {sprawl_total_floor:UInt32}, 20 * {sprawl_total_floor:UInt32})) AS likelihood,
  concat('one of ', toString(n), ' workloads that began together to open connections to ', name, ':', toString(to_port), ', ', toString(total), ' in all, ', toString(who.4), ' its own') AS says,
  map('deed', concat(name, ' ', toString(toDateTime(stretch * 300, 'UTC'))), 'members', toString(n), 'connections_of_all', toString(total), 'futile_of_all', toString(futile_total), 'connections', toString(who.4), 'median_of_members', toString(middle)) AS measured,
  [name] AS destinations
FROM groups ARRAY JOIN who
