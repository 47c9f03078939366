import type { Finding } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import type { Episode } from './episodes.js';
import { entityKey, type Link } from './incidents.js';
import { MIN_LIKELIHOOD } from './score.js';

/** Less than this between two entities is ordinary talk. */
const MIN_CARRIED_BYTES = 256 * 1024;

/** What ties entities with findings together. Nothing is asked where there are not at least two of them. */
export async function readLinks(store: Store, findings: Finding[]): Promise<Link[]> {
  const keys = new Set(findings.filter(({ status }) => status !== 'candidate').map(entityKey));
  if (keys.size < 2) return [];
  return store.rows<Link>(LINKS, { ids: [...keys].sort(), carried: MIN_CARRIED_BYTES });
}

/**
 * Entities that do one deed together, as five containers that flood one target do. An analytic that sees all of them says so: its
 * hits have the same `deed` among what they measured.
 */
export function deedLinks(episodes: Episode[]): Link[] {
  const first = new Map<string, string>();
  return episodes.flatMap(({ strategy, entityId, hits }) =>
    hits.flatMap(({ measured, likelihood }) => {
      if (measured.deed === undefined || likelihood < MIN_LIKELIHOOD) return [];
      const deed = `${strategy.id} ${measured.deed}`;
      const other = first.get(deed);
      if (other === undefined) first.set(deed, entityId);
      return other === undefined || other === entityId ? [] : [{ a: other, b: entityId }];
    }),
  );
}

/**
 * A learned hub ties nobody: where three entities and more send on two days or in the time known to be good, it is
 * infrastructure, and would make one incident of the whole fleet.
 */
const LINKS = `
WITH
  {ids:Array(String)} AS ids,
  hubs AS (
    SELECT entity_id FROM (SELECT entity_id, source_id FROM inflow_hour WHERE entity_id IN {ids:Array(String)} GROUP BY entity_id, source_id HAVING max(is_baseline) OR uniqExact(toDate(hour)) > 1)
    GROUP BY entity_id HAVING count() >= 3
  ),
  reached AS (
    SELECT DISTINCT if(a.actor_user_name != '', concat('actor:', a.actor_user_name), concat('node:', if(a.node = '', 'engine', a.node))) AS who,
      multiIf(c.entity_id != '', c.entity_id, concat('workload:', a.namespace, '/', a.resource_name)) AS entity_id
    FROM (SELECT * FROM api_activity WHERE api_operation IN ('archive-path', 'export') OR (subresource IN ('exec', 'attach') AND NOT startsWith(actor_user_name, 'system:'))) AS a
    LEFT ANY JOIN container AS c ON c.short_uid = substring(a.container_uid, 1, 12)
  )
SELECT DISTINCT a, b FROM (
  SELECT toString(entity_id) AS a, toString(source_id) AS b FROM inflow_judged
  WHERE has(ids, toString(entity_id)) AND has(ids, toString(source_id)) AND NOT is_baseline AND bytes_in >= {carried:UInt64}
    AND entity_id NOT IN (SELECT entity_id FROM hubs) AND source_id NOT IN (SELECT entity_id FROM hubs)
  UNION ALL
  SELECT concat('volume:', volume), entity_id FROM volume_mount WHERE has(ids, concat('volume:', volume)) AND has(ids, entity_id)
  UNION ALL
  SELECT who, entity_id FROM reached WHERE has(ids, who) AND has(ids, entity_id)
  UNION ALL
  SELECT x.entity_id, y.entity_id FROM reached AS x JOIN reached AS y ON x.who = y.who
  WHERE x.entity_id < y.entity_id AND startsWith(x.who, 'actor:') AND has(ids, x.entity_id) AND has(ids, y.entity_id)
) ORDER BY a, b`;
