-- what: Did a container turn other machines' traffic another way: forwarding, address translation, routes, ARP?
-- class: process
-- role: trigger
-- needs: command
-- parameters:
-- A service mesh's sidecar redirects its own connections to itself: that is no re-routing, and the grammar leaves it out.
SELECT entity_id, min(c.time) AS window_from, max(c.time) + toIntervalSecond(60) AS window_to,
  least(0.75, max(c.confidence) * (0.6 + 0.15 * (uniqExact(c.tool) - 1))) AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(4)(c.tool)), ', '), ' re-routes traffic in the container') AS says,
  map('commands', toString(count()), 'evidence', argMax(c.evidence, c.confidence), 'tools', arrayStringConcat(arraySort(groupUniqArray(4)(c.tool)), ' ')) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM command AS c WHERE direction = 'reroute' AND NOT is_baseline
GROUP BY entity_id, toStartOfHour(c.time)
