-- what: Did a container turn other machines' traffic another way: forwarding, address translation, routes, ARP?
-- class: process
-- role: trigger
-- needs: command
-- parameters: exec_window_seconds
-- cost: 0.25
-- A service mesh's sidecar redirects its own connections to itself: that is no re-routing, and the grammar leaves it out. A container engine and a network
-- agent re-route as their work: what a workload did on an earlier day or in a baseline is known, and what an image does by itself, in a network of its own
-- or the host's, stays a hint. Whom ARP forging deceives is always somebody else.
WITH
  moved AS (SELECT * FROM command WHERE direction = 'reroute'),
  known AS (SELECT entity_id, tool, min(c.time) AS since, max(c.is_baseline) AS is_old FROM moved AS c GROUP BY c.entity_id, c.tool),
  entries AS (SELECT entity_id, groupArray(time) AS times FROM container_exec WHERE entity_id IN (SELECT entity_id FROM moved) GROUP BY entity_id),
  joined AS (SELECT DISTINCT substring(container_uid, 1, 12) AS short_uid FROM container_inventory WHERE startsWith(network_mode, 'container:'))
SELECT c.entity_id AS entity_id, min(c.time) AS window_from, max(c.time) + toIntervalSecond(60) AS window_to,
  max(c.is_exec OR c.tool IN ('arpspoof', 'ettercap', 'bettercap', 'arpoison') OR substring(c.container_uid, 1, 12) IN (SELECT short_uid FROM joined)
    OR arrayExists((entered, at) -> entered <= at + toIntervalSecond(1) AND at <= entered + toIntervalSecond({exec_window_seconds:UInt32}), e.times, arrayWithConstant(length(e.times), c.time))) AS is_intrusion,
  least(if(is_intrusion, 0.75, 0.29), max(c.confidence) * (0.6 + 0.15 * (uniqExact(c.tool) - 1))) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(4)(c.tool)), ', '), ' re-routes traffic in the container', if(is_intrusion, '', ', by itself and in no other container\'s network')) AS says,
  map('commands', toString(count()), 'evidence', argMax(c.evidence, c.confidence), 'tools', arrayStringConcat(arraySort(groupUniqArray(4)(c.tool)), ' '), 'entered_or_joined', toString(is_intrusion)) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM moved AS c JOIN known AS k ON k.entity_id = c.entity_id AND k.tool = c.tool LEFT JOIN entries AS e ON e.entity_id = c.entity_id
WHERE NOT c.is_baseline AND NOT k.is_old AND toDate(k.since) = toDate(c.time)
GROUP BY c.entity_id, toStartOfHour(c.time)
