import type { Visibility } from '../detect/visibility.js';
import type { Store } from '../store/store.js';

/** Asking takes at most this share of the time. */
const TIME_SHARE = 0.05;
/** Less than this share of what there was changes little. */
const NEWS_SHARE = 0.05;

/** What came since the last tick. */
export interface News {
  /** Tables that rows came into. */
  tables: readonly string[];
  rows: number;
}

/**
 * What strategies can see. The questions read everything of the last day, and their answers rarely change: the longer they take, the less often
 * they are asked. At once where a table gets its first rows, where it is told anew who is who, and where much is new beside what there was.
 */
export class Sight {
  #seen: Visibility[] = [];
  #dueAt = Number.NEGATIVE_INFINITY;
  readonly #tables = new Set<string>();
  /** Of all rows, those since the last look. */
  #news = 0;
  #rows: number;

  /** @param rows what there is to see already */
  constructor(
    rows = 0,
    readonly now: () => number = () => performance.now(),
  ) {
    this.#rows = rows;
  }

  /** Over what a store got in the last hours. */
  static async of(store: Store, hours: number): Promise<Sight> {
    const [load] = await store.rows<{ stored: number }>(
      'SELECT sum(rows_stored) AS stored FROM load WHERE at >= now() - toIntervalHour({hours:UInt32})',
      { hours },
    );
    return new Sight(load!.stored);
  }

  async look({ tables, rows }: News, ask: () => Promise<Visibility[]>): Promise<Visibility[]> {
    const known = this.#tables.size;
    for (const table of tables) this.#tables.add(table);
    this.#rows += rows;
    this.#news += rows;
    const isTold = tables.some((table) => table.endsWith('_inventory'));
    if (isTold || this.#tables.size > known || this.#news > NEWS_SHARE * this.#rows) this.forget();
    const begun = this.now();
    if (begun < this.#dueAt) return this.#seen;
    this.#seen = await ask();
    this.#news = 0;
    this.#dueAt = begun + (this.now() - begun) / TIME_SHARE;
    return this.#seen;
  }

  /** Everything may be otherwise. */
  forget(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }
}
