import { randomUUID } from 'node:crypto';
import { claimNumber } from '../store/claim.js';
import type { Store } from '../store/store.js';

/** Numbers that a process has at once; what it leaves at its end nobody uses. There are 4 billion. */
const BLOCK = 1000;

/** Gives each load a number of its own: one that failed left rows under its own, which nobody else may count. */
export interface LoadNumbers {
  /** To be asked one at a time. */
  next(): Promise<number>;
}

export const loadNumbers = (store: Store): LoadNumbers =>
  store.shards === null ? new Ascending(store) : new Claimed(store);

/** One process loads into the store. */
class Ascending implements LoadNumbers {
  #last: number | null = null;

  constructor(readonly store: Store) {}

  async next(): Promise<number> {
    this.#last = (this.#last ?? (await this.#highest())) + 1;
    return this.#last;
  }

  async #highest(): Promise<number> {
    const [last] = await this.store.rows<{ id: number }>('SELECT max(load_id) AS id FROM load');
    return last?.id ?? 0;
  }
}

/** Several do. */
class Claimed implements LoadNumbers {
  readonly #holder = randomUUID();
  #next = 0;
  #end = 0;

  constructor(readonly store: Store) {}

  async next(): Promise<number> {
    if (this.#next === this.#end) {
      const block = await claimNumber(this.store, 'load', this.#holder);
      this.#next = block * BLOCK;
      this.#end = this.#next + BLOCK;
    }
    this.#next += 1;
    return this.#next - 1;
  }
}
