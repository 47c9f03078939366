import { carryOut, holds, type Place, undo } from './carry-out.js';
import { type Change, inverseOf } from './change.js';
import type { Ledger, LedgerRecord } from './ledger.js';
import type { ChangeState, Response } from './responses.js';
import type { Surroundings } from './surroundings.js';

export const placeOf = (response: Response, world: Surroundings): Place => ({
  engine: world.connect(response.plan.request.engine_socket),
  run: world.run,
});

interface Effect {
  hash: string;
  phase: 'apply' | 'revert';
  index: number;
}

/** Intent, effect, outcome. The intent is durable before the effect begins. @throws what the effect throws, after noting it */
async function recorded(
  effect: Effect,
  change: Change,
  work: () => Promise<string>,
  world: Surroundings,
): Promise<void> {
  const stamp = () => ({ at: world.now().toISOString(), ...effect });
  await world.ledger.append({ type: 'intent', ...stamp(), change, inverse: inverseOf(change) });
  let note: string;
  try {
    note = await work();
  } catch (error) {
    await world.ledger.append({ type: 'outcome', ...stamp(), ok: false, note: (error as Error).message });
    throw error;
  }
  await world.ledger.append({ type: 'outcome', ...stamp(), ok: true, note });
}

/** Carries out one change of a plan under the ledger. */
export const applyChange = (hash: string, index: number, change: Change, place: Place, world: Surroundings) =>
  recorded({ hash, phase: 'apply', index }, change, () => carryOut(change, place), world);

/**
 * Undoes every change of a response that is in force, last first, and closes it. Looks before each step, so that doing it
 * twice does no harm.
 *
 * @returns what could not be undone, in words; then the response stays open and the next start tries again
 */
export async function revertResponse(
  response: Response,
  why: string,
  world: Surroundings,
): Promise<string[]> {
  const place = placeOf(response, world);
  const problems: string[] = [];
  for (const state of [...response.changes].sort((a, b) => b.index - a.index)) {
    if (state.inverse === null) continue;
    try {
      await revertChange(response.hash, state, place, world);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length === 0) await append(world.ledger, { type: 'closed', hash: response.hash, why }, world);
  return problems;
}

async function revertChange(
  hash: string,
  state: ChangeState,
  place: Place,
  world: Surroundings,
): Promise<void> {
  const { change, inverse, index } = state;
  const state_now = await holds(change, place);
  const effect: Effect = { hash, phase: 'revert', index };
  if (state_now === 'yes') {
    await recorded(effect, inverse!, () => undo(change, inverse!, place), world);
    return;
  }
  if (state.reverted === 'yes') return;
  const note =
    state_now === 'gone' ? 'the container ended: nothing to undo' : 'not in force: nothing to undo';
  await append(world.ledger, { type: 'outcome', ...effect, ok: true, note }, world);
}

type Unstamped = LedgerRecord extends infer R ? (R extends LedgerRecord ? Omit<R, 'at'> : never) : never;

export const append = (ledger: Ledger, record: Unstamped, world: Pick<Surroundings, 'now'>): Promise<void> =>
  ledger.append({ at: world.now().toISOString(), ...record } as LedgerRecord);
