import type { Beacon } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';

/** Pairs with fewer contacts than this have no rhythm to show. */
const MIN_CONTACTS = 20;

/**
 * Regular contacts to outside destinations, upload or not, best first. A beacon that uploads nothing is no
 * exfiltration and never an alert here; a hunter wants to see it all the same.
 *
 * Scores are RITA's: mean of 1 − |Bowley skew| and (median − MAD) / median, over intervals and over bytes sent.
 */
export async function findBeacons(store: Store, limit = 20): Promise<Beacon[]> {
  const rows = await store.rows<Beacon & { entity_id: string }>(BEACONS, { limit });
  return rows.map(({ entity_id, ...beacon }) => ({ ...beacon, entity: entity_id.replace(/^\w+:/, '') }));
}

const skewScore = (values: string, floor: number) =>
  `(1 - abs(if(${values}_q[3] - ${values}_q[1] < ${floor} OR ${values}_q[2] IN (${values}_q[1], ${values}_q[3]), 0,
    (${values}_q[1] + ${values}_q[3] - 2 * ${values}_q[2]) / (${values}_q[3] - ${values}_q[1]))))`;

const BEACONS = `
WITH busiest AS (
  SELECT entity_id, peer, dst_port FROM connection WHERE entity_id != '' AND NOT is_dst_inside AND NOT is_baseline
  GROUP BY entity_id, peer, dst_port HAVING count() >= ${MIN_CONTACTS} ORDER BY count() DESC, entity_id, peer LIMIT 300
)
SELECT entity_id, concat(peer, ':', toString(dst_port)) AS destination, length(times) AS count, round(gaps_q[2], 3) AS median_interval_seconds,
  round((${skewScore('gaps', 10)} + if(gaps_q[2] < 1, 1, greatest(0, (gaps_q[2] - array_mad(gaps)) / gaps_q[2]))) / 2, 3) AS timestamp_score,
  round((${skewScore('sizes', 32)} + if(sizes_q[2] < 1, 0, greatest(0, (sizes_q[2] - array_mad(sizes)) / sizes_q[2]))) / 2, 3) AS data_size_score,
  sent AS bytes_out, received AS bytes_in
FROM (
  SELECT entity_id, peer, dst_port, arraySort(groupArray(20000)(toUnixTimestamp(time))) AS times, groupArray(20000)(toFloat64(c.bytes_out)) AS sizes,
    arrayFilter(gap -> gap > 0, arrayMap(gap -> toFloat64(gap), array_gaps(times))) AS gaps,
    arrayReduce('quantilesExactInclusive(0.25, 0.5, 0.75)', gaps) AS gaps_q, arrayReduce('quantilesExactInclusive(0.25, 0.5, 0.75)', sizes) AS sizes_q,
    sum(c.bytes_out) AS sent, sum(c.bytes_in) AS received
  FROM connection AS c WHERE NOT is_baseline AND (entity_id, peer, dst_port) IN busiest
  GROUP BY entity_id, peer, dst_port
)
WHERE length(gaps) >= ${MIN_CONTACTS - 1} AND gaps_q[2] >= 5 AND timestamp_score >= 0.7
ORDER BY timestamp_score * data_size_score DESC, count DESC, destination LIMIT {limit:UInt32}`;
