-- what: May the container that re-routes change the network: privileged, NET_ADMIN, or inside another container's network?
-- class: orchestration
-- role: context
-- needs: container_inventory, command
-- parameters:
-- cost: 0.25
SELECT c.entity_id AS entity_id, min(c.time) AS window_from, max(c.time) + toIntervalSecond(1) AS window_to,
  max(startsWith(i.network_mode, 'container:')) AS is_joined, max(i.is_privileged) AS is_all,
  if(is_joined, 0.5, 0.4) AS likelihood,
  concat('the container ', if(is_all, 'is privileged', 'has NET_ADMIN'), if(is_joined, ' in another container\'s network', '')) AS says,
  map('privileged', toString(is_all), 'capabilities', arrayStringConcat(any(i.capabilities), ' '), 'network_mode', toString(any(i.network_mode))) AS measured,
  CAST([], 'Array(String)') AS destinations
FROM command AS c JOIN (SELECT container_uid, network_mode, is_privileged, capabilities FROM container_inventory WHERE is_privileged OR hasAny(capabilities, ['NET_ADMIN', 'CAP_NET_ADMIN', 'ALL'])) AS i
  ON substring(i.container_uid, 1, 12) = substring(c.container_uid, 1, 12)
WHERE c.direction = 'reroute' AND NOT c.is_baseline
GROUP BY c.entity_id, toStartOfHour(c.time)
