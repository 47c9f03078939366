import { stat } from 'node:fs/promises';
import { countRows, type Load, type Loader } from './load.js';

/** A stretch up to this size waits for others of its kind: planning a statement costs more than reading a small file. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** Stretches read by one statement at most. */
const MAX_TOGETHER = 200;

export type LoadedRows = Load & { rows: number };

/** Loads stretches, small ones of the same source and header together. */
export class LoadQueue {
  readonly loaded: LoadedRows[] = [];
  /** Loads that failed: their rows are missing, and the hunt must not end as if all was well. */
  readonly failures: string[] = [];
  rows = 0;
  readonly #waiting = new Map<string, Load[]>();
  readonly #held = new Map<string, Promise<void>>();

  constructor(readonly loader: Loader) {}

  async add(one: Omit<Load, 'loadId'>): Promise<void> {
    const load = { ...one, loadId: await this.loader.numbers.next() };
    const { size } = await stat(load.stretch.plainPath);
    if (size > SMALL_BYTES) return this.#load([load]);
    // What goes wrong here goes wrong again, and is told, when the loads come.
    this.loader.expect(load.source).catch(() => undefined);
    const kind = `${load.source.id} ${JSON.stringify([load.stretch.header, load.stretch.table])}`;
    const waiting = [...(this.#waiting.get(kind) ?? []), load];
    this.#waiting.set(kind, waiting);
    if (waiting.length >= MAX_TOGETHER) {
      this.#waiting.delete(kind);
      await this.#load(waiting);
    }
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#waiting.values()].map((loads) => this.#load(loads)));
    this.#waiting.clear();
  }

  /** As when its landing table was opened: where logs go on, merges began again after the last count. */
  async #hold(table: string): Promise<void> {
    if (this.loader.store.shards !== null) return;
    const held = this.#held.get(table) ?? this.loader.store.run(`SYSTEM STOP MERGES ${table}`);
    this.#held.set(table, held);
    await held;
  }

  async #load(loads: Load[]): Promise<void> {
    try {
      await this.#hold(loads[0]!.source.into);
      await this.loader.load(loads);
    } catch (error) {
      const message = (error as Error).message.split('\n')[0]!.slice(0, 300);
      this.failures.push(
        `${loads.map((load) => load.file).join(', ')}: could not be loaded as ${loads[0]!.source.id}: ${message}`,
      );
    }
    for (const load of loads) {
      const rows = await countRows(load);
      this.loaded.push({ ...load, rows });
      this.rows += rows;
    }
  }
}
