import { describeBuildWorkload } from '../model/allowance.js';
import type { Destination, Finding } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import { globMatches } from './allowances.js';
import type { Episode } from './episodes.js';
import { MIN_LIKELIHOOD } from './score.js';

/** A place is a habit from this age on. A day holds each hour of work once. */
const HABIT_HOURS = 24;
const HABIT_SECONDS = HABIT_HOURS * 3600;

/** Sent in an hour, and more than came back: a push. Less is what asking for a clone sends, and no habit of pushing. */
const UPLOAD_BYTES = 262_144;

/** An upload to a place; `command` is empty where bytes were counted. Times are seconds since 1970. */
interface Upload {
  entity_id: string;
  name: string;
  at: number;
  is_baseline: number;
  command: string;
}

/**
 * A build workload the user states may push to where it always pushes: answers why this finding is that, or null. Workloads of one statement share
 * their habits, since runners come and go. On the first day of the logs nobody can say where they always push, so that the statement alone counts,
 * and the reason says that. What the strategy lists under `buildJobsUnless` is unlike a build job, and no statement covers it.
 */
export async function whyBuildJob(
  store: Store,
  { finding, unlisted, episode }: { finding: Finding; unlisted: readonly Destination[]; episode: Episode },
  buildWorkloads: string[],
): Promise<string | null> {
  const { buildJobsUnless } = episode.strategy;
  if (finding.status !== 'open' || buildJobsUnless === undefined) return null;
  const stated = buildWorkloads.find((pattern) => globMatches(pattern, finding.entity.name));
  if (stated === undefined) return null;
  const isUnlike = episode.hits.some(
    (hit) => hit.likelihood >= MIN_LIKELIHOOD && buildJobsUnless.includes(hit.analytic),
  );
  if (isUnlike) return null;
  // An engine pushes with connections of its own: then the command names the place.
  const seen = [...finding.destinations, ...unlisted].map(({ domain, ip }) => domain || ip);
  const names = [...new Set(seen.length > 0 ? seen : episode.hits.flatMap((hit) => hit.destinations))];
  const pushes = pushTimes(episode, finding, names);
  const since = (await store.rows<{ since: number }>(SINCE))[0]!.since;
  const because = (why: string): string => describeBuildWorkload(stated) + why;
  if (pushes.every(({ at }) => at < since + HABIT_SECONDS))
    return because(
      `the logs hold less than ${HABIT_HOURS} h of history, so its destinations were not compared`,
    );
  const all = await store.rows<Upload>(UPLOADS, { names });
  const uploads = all.filter(
    ({ entity_id }) =>
      entity_id === episode.entityId || globMatches(stated, entity_id.replace(/^[a-z]+:/, '')),
  );
  return names.length > 0 && isHabit(pushes, uploads, since) && isUsualRepository(episode, uploads, since)
    ? because('it pushes where it has pushed for a day or longer')
    : null;
}

const secondsOf = (time: string): number => Date.parse(time) / 1000;

/** Each place with the times of the hits that tell of it: an episode may chain the pushes of weeks. */
function pushTimes({ strategy, hits }: Episode, finding: Finding, names: string[]) {
  const triggers = new Set(strategy.analytics.filter(({ role }) => role === 'trigger').map(({ id }) => id));
  const telling = hits.filter((hit) => triggers.has(hit.analytic) && hit.likelihood >= MIN_LIKELIHOOD);
  if (names.length === 0) return telling.map((hit) => ({ name: '', at: secondsOf(hit.from) }));
  return names.flatMap((name) => {
    const own = telling.filter(({ destinations }) => destinations.includes(name)).map(({ from }) => from);
    return (own.length > 0 ? own : [finding.window.from]).map((from) => ({ name, at: secondsOf(from) }));
  });
}

/** What was learned on the first day of the logs, or from a baseline, is as old as anything can be. */
const isKnown = ({ at, is_baseline }: Upload, now: number, since: number): boolean =>
  is_baseline === 1 || at + HABIT_SECONDS <= now || at < since + HABIT_SECONDS;

const isHabit = (pushes: { name: string; at: number }[], uploads: Upload[], since: number): boolean =>
  pushes.every((push) =>
    uploads.some((upload) => upload.name === push.name && isKnown(upload, push.at, since)),
  );

/** One host holds everybody's repositories. Where earlier commands named those pushed to at a host, a command that names another is no habit. */
function isUsualRepository({ entityId, from, to }: Episode, uploads: Upload[], since: number): boolean {
  const named = uploads
    .map((upload) => ({ ...upload, repository: repositoryOf(upload.command, upload.name) }))
    .filter(({ repository }) => repository !== '');
  const now = named.filter(
    ({ entity_id, at, is_baseline }) =>
      entity_id === entityId && is_baseline === 0 && at >= secondsOf(from) && at <= secondsOf(to),
  );
  return now.every((push) => {
    const known = named.filter((upload) => upload.name === push.name && isKnown(upload, push.at, since));
    return known.length === 0 || known.some(({ repository }) => repository === push.repository);
  });
}

/** The repository that a command line names at a host, without tag; empty when it names none. */
function repositoryOf(command: string, host: string): string {
  const at = command.toLowerCase().indexOf(host.toLowerCase());
  if (at < 0) return '';
  const path = /^(?::\d+(?=\/))?[:/]\/*([\w.~/-]+)/.exec(command.slice(at + host.length))?.[1] ?? '';
  return path.replace(/^v2\/(.+)\/(?:blobs|manifests)\/.*$/, '$1').replace(/(?:\.git)?\/*$/, '');
}

/** When the logs of the fleet begin. A baseline is history itself. */
const SINCE = `
SELECT toFloat64(if(max(is_baseline) = 1, 0, min(at))) AS since FROM (
  SELECT toUInt32(first_minute) AS at, is_baseline FROM egress_pair UNION ALL SELECT toUInt32(time), is_baseline FROM command
)`;

const UPLOADS = `
SELECT toString(entity_id) AS entity_id, peer AS name, toFloat64(toUInt32(min(first_minute))) AS at, max(e.is_baseline) AS is_baseline, '' AS command
FROM egress_hour AS e WHERE role = 'initiator' AND has({names:Array(String)}, peer)
GROUP BY e.entity_id, peer, hour HAVING sum(bytes_out) >= ${UPLOAD_BYTES} AND sum(bytes_out) > sum(bytes_in)
UNION ALL
SELECT toString(entity_id), host, toFloat64(time), is_baseline, cmd_line FROM command
WHERE direction = 'upload' AND protocol IN ('git', 'registry') AND has({names:Array(String)}, host)`;
