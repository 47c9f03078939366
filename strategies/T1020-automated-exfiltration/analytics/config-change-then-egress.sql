-- what: Did the container's configuration change, and did it then talk to a destination it had not used before?
-- class: orchestration
-- role: context
-- needs: container_inventory, egress
-- parameters: change_window_seconds, novelty_floor_bytes
-- cost: 0.25
WITH
  changes AS (
    SELECT concat('workload:', workload) AS entity_id, valid_from AS changed_at,
      lagInFrame(config_hash) OVER (PARTITION BY workload, node ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before, config_hash AS after,
      lagInFrame(image_digest) OVER (PARTITION BY workload, node ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS image_before, image_digest
    -- Some sources tell of a container and nothing of its configuration: no change of it.
    FROM container_inventory WHERE config_hash != 0
  ),
  contacts AS (
    SELECT entity_id, peer, min(first_minute) AS first_contact, sum(bytes_out) AS sent FROM egress_pair
    WHERE role = 'initiator' AND NOT is_peer_inside AND NOT is_baseline GROUP BY entity_id, peer HAVING sent >= {novelty_floor_bytes:UInt64}
  )
SELECT c.entity_id AS entity_id, min(c.changed_at) AS window_from, toDateTime64(max(n.first_contact) + 60, 6, 'UTC') AS window_to, 0.4 AS likelihood,
  concat(if(any(c.image_before != c.image_digest), 'another image', 'another configuration'), ' than the workload ran before, then first contact with ', any(n.peer)) AS says,
  map('changed_at', toString(min(c.changed_at)), 'image_changed', toString(any(c.image_before != c.image_digest)), 'bytes_out', toString(max(n.sent))) AS measured,
  groupUniqArray(5)(n.peer) AS destinations
FROM changes AS c JOIN contacts AS n ON n.entity_id = c.entity_id
WHERE c.before != 0 AND c.before != c.after AND n.first_contact + 60 >= c.changed_at AND n.first_contact <= c.changed_at + toIntervalSecond({change_window_seconds:UInt32})
GROUP BY c.entity_id
