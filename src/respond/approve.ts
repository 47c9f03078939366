import { type Response, responsesOf } from './responses.js';
import { append, revertResponse } from './revert.js';
import { RefusedError, type Surroundings } from './surroundings.js';

/** How long a command waits for another one on the same state folder. */
export const LOCK_WAIT_MS = 10_000;

/** What is approved and carried out is named in full: a beginning may be shared. */
export const isFullHash = (hash: string): boolean => /^[0-9a-f]{64}$/.test(hash);
export const NOT_FULL = 'give the whole hash of the plan, 64 hex digits';

/** @throws RefusedError when there is none, or several begin like this */
export function findResponse(all: Response[], hash: string): Response {
  const found = /^[0-9a-f]{8,64}$/.test(hash) ? all.filter((each) => each.hash.startsWith(hash)) : [];
  if (found.length === 1) return found[0]!;
  throw new RefusedError([
    found.length === 0 ? 'the ledger knows no such plan' : 'several plans begin like this',
  ]);
}

/**
 * Notes that somebody approves exactly this plan. A segment needs its name repeated, so that nobody approves it by habit.
 *
 * @throws RefusedError when the plan is unknown, too old, or of the other kind
 */
export function approvePlan(
  hash: string,
  { by, reason, segment }: { by: string; reason: string; segment: string | null },
  world: Surroundings,
): Promise<void> {
  return world.ledger.exclusively(async () => {
    if (!isFullHash(hash)) throw new RefusedError([NOT_FULL]);
    if (by.trim() === '') throw new RefusedError(['an approval needs a name']);
    const { plan, changes } = findResponse(responsesOf(await world.ledger.read()), hash);
    const wanted = plan.segment?.name ?? null;
    if (changes.length > 0) throw new RefusedError(['the plan was carried out already']);
    if (world.now().getTime() > Date.parse(plan.valid_until))
      throw new RefusedError(['the plan is older than one hour']);
    if (wanted !== segment)
      throw new RefusedError([
        wanted === null
          ? 'the plan isolates no segment'
          : `the plan isolates a whole segment, ${plan.segment!.members.length} containers: approve it with --segment ${wanted}`,
      ]);
    await append(world.ledger, { type: 'approved', hash, by, reason, segment }, world);
  }, LOCK_WAIT_MS);
}

/**
 * Undoes a containment now.
 *
 * @returns what could not be undone, in words
 * @throws RefusedError when there is nothing to undo
 */
export function revertPlan(hash: string, why: string, world: Surroundings): Promise<string[]> {
  return world.ledger.exclusively(async () => {
    const response = findResponse(responsesOf(await world.ledger.read()), hash);
    if (response.closed) throw new RefusedError([`it was reverted already (${response.closed.why})`]);
    if (response.changes.length === 0) throw new RefusedError(['it was never carried out']);
    return revertResponse(response, why, world);
  }, LOCK_WAIT_MS);
}
