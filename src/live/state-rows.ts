import type { StateChange } from '../model/live.js';
import type { Store } from '../store/store.js';
import { forEngine } from './finding-rows.js';

/** Changes of strategies on their way to the store: what happened while it was away waits until it takes rows again. */
export class StateRows {
  #waiting: StateChange[] = [];

  add(changes: readonly StateChange[]): void {
    this.#waiting.push(...changes);
  }

  async keepIn(store: Store): Promise<void> {
    const changes = this.#waiting;
    if (changes.length === 0) return;
    const rows = changes.map(({ after: { id, state, sight, reasons, since } }) => ({
      ...{ id, state, sight, reasons },
      since: forEngine(since),
    }));
    await store.insert('strategy_state', rows);
    this.#waiting = this.#waiting.slice(changes.length);
  }
}
