import { type Allowance, type AllowanceEntry, toAllowance } from '../model/allowance.js';
import type { Deed } from '../model/live-allowances.js';
import type { Store } from '../store/store.js';
import { forEngine, iso, millis } from './finding-rows.js';

/** An allowance given to a running server. */
export interface GivenAllowance {
  id: string;
  entry: AllowanceEntry;
  given: Deed;
  revoked: Deed | null;
}

interface Row {
  id: string;
  entry: string;
  given_by: string;
  given_at: string;
  revoked_by: string;
  revoked_at: string | null;
  revoked_why: string;
}

/** What happened before its end may be judged for so long after it. */
const JUDGED_MS = 2 * 86_400_000;

/** Those given through the API, in the store, and in memory as they hold. */
export class GivenAllowances {
  readonly #all: Map<string, GivenAllowance>;
  readonly #listeners = new Set<() => void>();

  private constructor(
    readonly store: Store,
    all: GivenAllowance[],
  ) {
    this.#all = new Map(all.map((one) => [one.id, one]));
  }

  static async in(store: Store): Promise<GivenAllowances> {
    const rows = await store.rows<Row>(
      `SELECT id, entry, given_by, ${iso('given_at')} AS given_at, revoked_by,
         if(isNull(revoked_at), NULL, ${iso("ifNull(revoked_at, toDateTime64(0, 3, 'UTC'))")}) AS revoked_at, revoked_why
       FROM allowance FINAL ORDER BY allowance.given_at, id`,
    );
    return new GivenAllowances(store, rows.map(fromRow));
  }

  list(): GivenAllowance[] {
    return [...this.#all.values()];
  }

  /** What findings are held against. One that is over is still meant for what happened before. */
  inForce(now: Date): Allowance[] {
    return this.list()
      .filter(({ revoked }) => revoked === null)
      .map(allowanceOf)
      .filter(({ expires }) => expires === null || Date.parse(expires) + JUDGED_MS > now.getTime());
  }

  async keep(one: GivenAllowance): Promise<void> {
    await this.store.insert('allowance', [toRow(one)]);
    this.#all.set(one.id, one);
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}

export const allowanceOf = ({ id, entry, given }: GivenAllowance): Allowance => ({
  ...toAllowance(entry),
  given: { id, by: given.by },
});

function fromRow({ id, entry, ...row }: Row): GivenAllowance {
  const read = JSON.parse(entry) as AllowanceEntry;
  const { revoked_at: at } = row;
  return {
    id,
    entry: read,
    given: { by: row.given_by, at: millis(row.given_at), why: read.reason },
    revoked: at === null ? null : { by: row.revoked_by, at: millis(at), why: row.revoked_why },
  };
}

const toRow = ({ id, entry, given, revoked }: GivenAllowance): Record<string, unknown> => ({
  id,
  revision: revoked === null ? 1 : 2,
  entry: JSON.stringify(entry),
  given_by: given.by,
  given_at: forEngine(given.at),
  revoked_by: revoked?.by ?? '',
  revoked_at: revoked && forEngine(revoked.at),
  revoked_why: revoked?.why ?? '',
});
