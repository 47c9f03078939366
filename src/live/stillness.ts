import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/store.js';

/** Who looks does not wait for longer: a little wrong is better than nothing. */
const LONGEST_MS = 10_000;

/** Tables that are worked out anew are emptied and filled again. Who looks meanwhile must not read that there is nothing. */
export class Stillness {
  #work: Promise<unknown> | null = null;

  /** Work that empties and fills tables; one at a time. */
  async disturbedBy<T>(work: () => Promise<T>): Promise<T> {
    const doing = work();
    this.#work = doing.catch(() => undefined);
    try {
      return await doing;
    } finally {
      this.#work = null;
    }
  }

  /** The same store for who looks: a question waits until the tables stand still. */
  over(store: Store, longestMs: number = LONGEST_MS): Store {
    return {
      ...store,
      rows: async (sql, parameters, settings) => {
        if (this.#work) await Promise.race([this.#work, sleep(longestMs, undefined, { ref: false })]);
        return await store.rows(sql, parameters, settings);
      },
    };
  }
}
