import type { InputSummary } from '../model/hunt-result.js';
import type { Loss } from '../model/live.js';
import { wholeTable } from '../store/sharding.js';
import type { Store } from '../store/store.js';
import type { Arrivals } from './arrivals.js';
import type { Drained } from './drain.js';
import { loadingLosses } from './loading.js';

/** Loads are noted with the time of the server they were noted on, whose clock may be behind ours by as much. */
const CLOCKS_APART_SECONDS = 600;

interface Noted {
  load_id: number;
  source: string;
  events: number;
  rejected: number;
  /** ISO 8601 UTC */
  at: string;
}

/** Other processes load: what they stored is what they noted. */
export class NotedLoads implements Arrivals {
  /** Their numbers, as far back as is looked; null before the first look. */
  #seen: Set<number> | null = null;
  /** Milliseconds of the steady clock. What was noted before and looked at is seen. */
  #lookedAt = performance.now();

  constructor(readonly store: Store) {}

  async take(): Promise<Drained> {
    const begun = performance.now();
    const noted = await this.#noted((begun - this.#lookedAt) / 1000 + CLOCKS_APART_SECONDS);
    const before = this.#seen;
    // What was there at the start is known by other ways.
    const fresh = before === null ? [] : noted.filter(({ load_id }) => !before.has(load_id));
    const loads = fresh.map(({ load_id }) => load_id);
    const latest = await this.#latest(loads);
    this.#seen = new Set(noted.map(({ load_id }) => load_id));
    this.#lookedAt = begun;
    return {
      inputs: fresh.map((load) => toSummary(load, latest.get(load.load_id) ?? null)),
      loads,
      arrived:
        fresh
          .map(({ at }) => at)
          .sort()
          .at(-1) ?? null,
      segments: 0,
      unread: 0,
      hasMore: false,
      problems: [],
      mismatches: [],
    };
  }

  losses(): Promise<Loss[]> {
    return loadingLosses(this.store);
  }

  #noted(seconds: number): Promise<Noted[]> {
    return this.store.rows<Noted>(
      `SELECT load_id, source, rows_stored AS events, rows_rejected AS rejected, formatDateTime(l.at, '%FT%TZ', 'UTC') AS at
       FROM load AS l WHERE l.at > now() - INTERVAL {back:UInt32} SECOND AND source != ''`,
      { back: Math.ceil(seconds) },
    );
  }

  /** Time of the latest row of each load, ISO 8601 UTC, where rows have one. */
  async #latest(loads: number[]): Promise<Map<number, string>> {
    if (loads.length === 0) return new Map();
    const rows = await this.store.rows<{ load_id: number; latest: string }>(
      `SELECT load_id, formatDateTime(max(until), '%FT%T.%fZ', 'UTC') AS latest FROM ${wholeTable(this.store, 'stored')}
       WHERE load_id IN {loads:Array(UInt32)} AND until > 0 GROUP BY load_id`,
      { loads },
    );
    return new Map(rows.map(({ load_id, latest }) => [load_id, latest]));
  }
}

const toSummary = ({ source, events, rejected }: Noted, latest: string | null): InputSummary => ({
  source,
  files: 1,
  events,
  rejected,
  duplicates: 0,
  from: latest,
  to: latest,
});
