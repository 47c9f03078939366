import { holds } from './carry-out.js';
import { type Response, responsesOf } from './responses.js';
import { append, placeOf, revertResponse } from './revert.js';
import type { Surroundings } from './surroundings.js';

/** A call that was under way when its caller died may take effect this long afterwards. */
const SETTLE_MS = 2000;

/** What recovering did, one sentence each; `problems` stay open and are tried again at the next start. */
export interface Recovery {
  did: string[];
  problems: string[];
}

/**
 * Brings the world back in line with the ledger: what was half done is undone, what was complete but not noted is noted,
 * what has expired is undone. Call it under the ledger's lock.
 */
export async function recover(world: Surroundings): Promise<Recovery> {
  const recovery: Recovery = { did: [], problems: [] };
  for (const response of responsesOf(await world.ledger.read())) {
    if (response.closed || response.changes.length === 0) continue;
    try {
      await recoverOne(response, recovery, world);
    } catch (error) {
      recovery.problems.push(`${response.hash.slice(0, 12)}: ${(error as Error).message}`);
    }
  }
  return recovery;
}

async function recoverOne(response: Response, recovery: Recovery, world: Surroundings): Promise<void> {
  const name = response.hash.slice(0, 12);
  const revert = async (why: string): Promise<void> => {
    const problems = await revertResponse(response, why, world);
    if (problems.length === 0) recovery.did.push(`${name}: ${why}; reverted`);
    recovery.problems.push(...problems.map((problem) => `${name}: ${why}, but: ${problem}`));
  };
  if (response.changes.some((change) => change.reverted !== null)) return revert('a revert was under way');
  if (response.contained_at !== null) {
    if (world.now().getTime() >= Date.parse(response.expires_at!)) await revert('expired');
    return;
  }
  await learnOutcomes(response, world);
  const isComplete =
    response.changes.length === response.plan.changes.length &&
    response.changes.every((change) => change.applied === 'yes');
  if (!isComplete) return revert('was half done');
  await noteContained(response, 'completed before the process ended; not verified', world);
  recovery.did.push(`${name}: complete, but not noted; noted`);
}

/** Asks the engine about each intent that has no outcome. */
async function learnOutcomes(response: Response, world: Surroundings): Promise<void> {
  for (const state of response.changes.filter((change) => change.applied === 'unknown')) {
    const age = world.now().getTime() - Date.parse(state.at);
    if (age >= 0 && age < SETTLE_MS) await world.sleep(SETTLE_MS - age);
    const isHolding = (await holds(state.change, placeOf(response, world))) === 'yes';
    state.applied = isHolding ? 'yes' : 'no';
    const note = isHolding
      ? 'found in force after an interruption'
      : 'found not in force after an interruption';
    const { hash } = response;
    await append(
      world.ledger,
      { type: 'outcome', hash, phase: 'apply', index: state.index, ok: isHolding, note },
      world,
    );
  }
}

/** From here on the containment is complete, and ends when it expires. Its time counts from the first effect. */
export async function noteContained(response: Response, note: string, world: Surroundings): Promise<string> {
  const began = Date.parse(response.began_at!);
  const expires_at = new Date(began + response.plan.request.expires_seconds * 1000).toISOString();
  await append(world.ledger, { type: 'contained', hash: response.hash, expires_at, note }, world);
  return expires_at;
}
