import type { Store } from '../store/store.js';

type Sensed = 'network_activity' | 'sensed_source';

/** Far enough away to mean "still". */
const FOREVER = "toDateTime64('2200-01-01 00:00:00', 6, 'UTC')";

/**
 * Works out who each container is and who held which address when.
 *
 * Stop events are often missing, so a new holder of an address (same node and network) ends the old interval. Where
 * holders of different nodes or networks remain for one address, the interval names nobody: ambiguous, never a pick.
 * Where nobody inspected the containers, a sensor that tells a connection's container tells who held its address.
 *
 * @param sensed where that is read: in all connections, or in what was summed of them as they came
 */
export async function deriveInventory(store: Store, sensed: Sensed = 'network_activity'): Promise<void> {
  await store.run('TRUNCATE TABLE container');
  await store.run('TRUNCATE TABLE address_holder');
  await store.run(CONTAINERS);
  await store.run(addressHolders(sensed));
  await store.run('SYSTEM RELOAD DICTIONARY holder_of');
}

/** Inspect knows most; engine events and sensors' own names fill in containers that were never inspected. */
const CONTAINERS = `
INSERT INTO container
SELECT substring(uid, 1, 12) AS short_uid, argMax(uid, rank), argMax(name, rank), argMax(image, rank),
  argMax(workload, rank), concat('workload:', argMax(workload, rank))
FROM (
  SELECT container_uid AS uid, container_name AS name, image, workload, 3 AS rank FROM container_inventory
  UNION ALL
  SELECT container_uid, container_name, container_image, if(container_name != '', container_name, container_image), 2
  FROM api_activity WHERE container_uid != '' AND resource_type = 'container' AND container_name != ''
  UNION ALL
  SELECT container_uid, container_name, '', container_name, 1 FROM cgroup_inventory WHERE container_name != ''
  UNION ALL
  SELECT container_uid, container_name, container_image,
    multiIf(pod != '', concat(namespace, '/', pod), container_name != '', container_name, container_image), 1
  FROM process_activity WHERE container_uid NOT IN ('', 'host') AND (container_name != '' OR container_image != '')
)
GROUP BY short_uid`;

/** A sensor's clock beside the network's, and a connection's end beside what is told of it. */
const SENSED_MARGIN = 'INTERVAL 5 SECOND';

/** What a sensor that knows pods but no container ids writes as the container of a connection, before namespace/workload. */
const POD = 'pod:';

/** Views of connections whose source a sensor names: by the id of a container, or by its pod. */
const sensedIn = (sensed: Sensed) => `
SELECT n.src_endpoint_ip AS ip, n.node AS node, c.short_uid AS uid, c.workload AS workload, n.time AS time, n.end_time AS end_time
FROM (SELECT * FROM ${sensed} WHERE container_uid NOT IN ('', 'host')) AS n JOIN container AS c ON c.short_uid = substring(n.container_uid, 1, 12)
UNION ALL
SELECT src_endpoint_ip, node, container_uid, substring(container_uid, ${POD.length + 1}), time, end_time FROM ${sensed} WHERE startsWith(container_uid, '${POD}')`;

/**
 * Addresses from which a sensor saw containers connect. Not where the inventory knows the address; not where the host itself or, at
 * one time, another workload uses it, since then it is the host's; not loopback.
 */
const sensedHolders = (sensed: Sensed) => `
SELECT node, uid, since - ${SENSED_MARGIN} AS valid_from, until + ${SENSED_MARGIN} AS valid_to, workload, uid AS network, ip FROM (
  SELECT ip, any(node) AS node, uid, any(workload) AS workload, min(s.time) AS since, max(s.end_time) AS until
  FROM (${sensedIn(sensed)}) AS s
  WHERE ip NOT IN (SELECT src_endpoint_ip FROM ${sensed} WHERE container_uid = 'host')
    AND ip NOT IN (SELECT tupleElement(address, 'ip') FROM container_inventory ARRAY JOIN addresses AS address)
    AND NOT match(ip_text(ip), '^(?:127[.]|::1?$)')
  GROUP BY ip, uid
)
WHERE ip NOT IN (
  SELECT ip FROM (
    SELECT ip, workload, min(s.time) AS since, max(s.end_time) AS until FROM (${sensedIn(sensed)}) AS s GROUP BY ip, workload
  )
  GROUP BY ip
  HAVING arrayExists((one, next) -> one.2 >= next.1, arrayPopBack(arraySort(groupArray((since, until)))), arrayPopFront(arraySort(groupArray((since, until)))))
)`;

const addressHolders = (sensed: Sensed) => `
INSERT INTO address_holder
WITH
  held AS (
    SELECT node, container_uid, valid_from AS since, min(valid_to) AS told_end, any(workload) AS workload,
      tupleElement(address, 'network') AS network, tupleElement(address, 'ip') AS ip
    FROM container_inventory ARRAY JOIN addresses AS address
    WHERE ip != toIPv6('::') AND valid_from < valid_to
    GROUP BY node, network, ip, container_uid, since
    UNION ALL
    SELECT node, uid, valid_from, valid_to, workload, network, ip FROM (${sensedHolders(sensed)})
  ),
  died AS (
    SELECT container_uid, min(time) AS died_at FROM api_activity
    WHERE resource_type = 'container' AND api_operation IN ('die', 'died', 'destroy', 'remove') GROUP BY container_uid
  ),
  ended AS (
    SELECT ip, since, held.container_uid AS uid, workload,
      least(told_end, if(died.died_at > since, died.died_at, ${FOREVER})) AS stopped,
      leadInFrame(since, 1, ${FOREVER}) OVER (PARTITION BY node, network, ip ORDER BY since ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_since,
      least(stopped, next_since) AS until
    FROM held LEFT JOIN died ON held.container_uid = died.container_uid
  ),
  per_address AS (
    SELECT ip, groupArray((since, until, workload, uid)) AS holders,
      arraySort(arrayDistinct(arrayConcat(groupArray(since), groupArray(until)))) AS moments
    FROM ended WHERE since < until GROUP BY ip
  )
SELECT ip, stretch.1 AS valid_from, stretch.2 - toIntervalMicrosecond(1) AS valid_to,
  if(length(workloads) = 1, concat('workload:', workloads[1]), '') AS entity_id,
  if(length(holding) = 1, holding[1].4, '') AS container_uid,
  -- An interval that only the end of the recording closes may have ended unseen.
  multiIf(length(workloads) != 1, 0, stretch.2 < ${FOREVER}, 0.95, 0.9) AS confidence,
  workloads AS candidates
FROM (
  SELECT ip, stretch, arrayFilter(h -> h.1 <= stretch.1 AND h.2 >= stretch.2, holders) AS holding,
    arraySort(arrayDistinct(arrayMap(h -> h.3, holding))) AS workloads
  FROM per_address ARRAY JOIN arrayZip(arrayPopBack(moments), arrayPopFront(moments)) AS stretch
)
WHERE length(holding) > 0`;
