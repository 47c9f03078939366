import type { Store } from './store.js';

/** Others who claim at the same moment may make nobody have it; more tries than this would not be chance. */
const TRIES = 50;
/** Numbers left out at most, so that two who claim at once seldom claim the same. */
const APART = 8;

/**
 * A number that nobody else has or will have under this name.
 *
 * The engine has no lock, but rows that are inserted are seen by who reads after it. Everybody inserts its claim, then reads: of two who
 * claim one number, the one who reads last sees both and leaves it, so that never two have it.
 *
 * @param holder of this process alone
 */
export async function claimNumber(store: Store, name: string, holder: string): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [last] = await store.rows<{ number: number }>(
      'SELECT max(number) AS number FROM claim WHERE name = {name:String}',
      { name },
    );
    const number = last!.number + 1 + Math.floor(Math.random() * APART);
    if (await claim(store, { name, number, holder })) return number;
  }
  throw new Error(`no number could be claimed as ${name}: too many others claim at the same time`);
}

export interface Claim {
  name: string;
  number: number;
  holder: string;
}

/** Whether the number is this holder's. Where it is not, it may be nobody's. */
export async function claim(store: Store, { name, number, holder }: Claim): Promise<boolean> {
  await store.insert('claim', [{ name, number, holder }]);
  const [seen] = await store.rows<{ holders: number }>(
    'SELECT uniqExact(holder) AS holders FROM claim WHERE name = {name:String} AND number = {number:UInt64}',
    { name, number },
  );
  return seen!.holders === 1;
}
