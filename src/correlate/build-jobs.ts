import type { Destination, Finding } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import { globMatches } from './allowances.js';
import type { Episode } from './episodes.js';
import { MIN_LIKELIHOOD } from './score.js';

/** A destination is a habit from this age on. A day holds each hour of work once. */
const HABIT_HOURS = 24;

interface Place {
  name: string;
  is_habit: number;
  has_history: number;
}

/**
 * A build workload the user states may push to where it always pushes: answers why this finding is that, or null. With less than a day of
 * history nobody can say where it always pushes, so that the statement alone counts, and the reason says that.
 * What the strategy lists under `buildJobsUnless` is unlike a build job, and no statement covers it.
 */
export async function whyBuildJob(
  store: Store,
  { finding, unlisted, episode }: { finding: Finding; unlisted: readonly Destination[]; episode: Episode },
  buildWorkloads: string[],
): Promise<string | null> {
  const { strategy, entityId, hits } = episode;
  const { buildJobsUnless } = strategy;
  if (finding.status !== 'open' || buildJobsUnless === undefined) return null;
  const stated = buildWorkloads.find((pattern) => globMatches(pattern, finding.entity.name));
  if (stated === undefined) return null;
  const isUnlike = hits.some(
    (hit) => hit.likelihood >= MIN_LIKELIHOOD && buildJobsUnless.includes(hit.analytic),
  );
  if (isUnlike) return null;
  const places = await store.rows<Place>(PLACES, {
    entity: entityId,
    from: finding.window.from.replace('Z', ''),
  });
  const because = (why: string): string => `build workload ${stated} of stowaway.yaml: ${why}`;
  if (places.every((place) => place.has_history === 0))
    return because(`it has less than ${HABIT_HOURS} h of history, so its destinations were not compared`);
  // An engine pushes with connections of its own: then the command names the place.
  const seen = [...finding.destinations, ...unlisted].map(({ domain, ip }) => domain || ip);
  const targets = seen.length > 0 ? seen : hits.flatMap((hit) => hit.destinations);
  const habits = new Set(places.filter((place) => place.is_habit === 1).map((place) => place.name));
  return targets.length > 0 && targets.every((name) => habits.has(name))
    ? because('it pushes where it has pushed for a day or longer')
    : null;
}

const PLACES = `
SELECT name, max(is_baseline OR first + INTERVAL ${HABIT_HOURS} HOUR <= toDateTime64({from:String}, 6, 'UTC')) AS is_habit,
  max(max(is_baseline)) OVER () OR min(min(first)) OVER () + INTERVAL ${HABIT_HOURS} HOUR <= toDateTime64({from:String}, 6, 'UTC') AS has_history
FROM (
  SELECT peer AS name, toDateTime64(first_minute, 6, 'UTC') AS first, is_baseline FROM egress_hour WHERE entity_id = {entity:String} AND role = 'initiator'
  UNION ALL
  SELECT host, time, is_baseline FROM command WHERE entity_id = {entity:String} AND protocol IN ('git', 'registry') AND host != ''
) GROUP BY name`;
