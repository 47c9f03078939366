import type { InputProblem } from '../model/hunt-result.js';
import type { LiveStatus, Loss } from '../model/live.js';
import type { Store } from '../store/store.js';
import { type Arrivals, arrivalsOf, type JournalParts } from './arrivals.js';
import { firstStatus } from './first-status.js';
import { BLIND_AFTER_SECONDS, Standstill } from './standstill.js';

/** One that says nothing for longer may hold lines that nobody judges. */
const SILENT_SECONDS = 60;
/** One that is silent for longer was taken away. */
const GONE_SECONDS = 24 * 3600;
const LONGEST_REASON = 300;

export interface LoadingParts extends JournalParts {
  /** By which the one that judges knows this process, also after a restart. */
  name: string;
  onProblem: (problem: InputProblem) => void;
  /** Where nothing could be loaded for so long, it is not ready. */
  blindAfterSeconds?: number;
}

/** The part of a server that takes logs where another one judges: loads what its journal holds, and says how it goes. */
export class Loading {
  readonly #parts: LoadingParts;
  readonly #arrivals: Arrivals;
  readonly #status: LiveStatus;
  readonly #standstill: Standstill;

  constructor(parts: LoadingParts) {
    this.#parts = parts;
    this.#arrivals = arrivalsOf(parts);
    this.#standstill = new Standstill(parts.blindAfterSeconds ?? BLIND_AFTER_SECONDS);
    this.#status = { ...firstStatus(), events_stored: 0, events_rejected: 0, strategies: [], sources: [] };
  }

  /** Loads what waits. Returns whether more does. */
  async tick(): Promise<boolean> {
    const begun = performance.now();
    const { ticks } = this.#status;
    try {
      const hasMore = await this.#load();
      await this.#say((await this.#arrivals.losses()).map(({ why }) => why).join('; '));
      ticks.count += 1;
      ticks.last_error = null;
      this.#status.ready = true;
      this.#standstill.done();
      return hasMore;
    } catch (error) {
      ticks.failed += 1;
      ticks.last_error = (error as Error).message.split('\n')[0]!.slice(0, LONGEST_REASON);
      // Where that fails, too, who judges will miss this process.
      await this.#say(`cannot load: ${ticks.last_error}`).catch(() => undefined);
      return false;
    } finally {
      ticks.last_seconds = (performance.now() - begun) / 1000;
      ticks.last_at = new Date().toISOString();
    }
  }

  /** In order: what is left in the journal is told as long as this process does not come back. */
  leave(): Promise<void> {
    const isEmpty = this.#parts.journal.status().segments === 0;
    return this.#say('', isEmpty);
  }

  status(): LiveStatus {
    return { ...this.#status, ready: this.#status.ready && !this.#standstill.lasts };
  }

  async #load(): Promise<boolean> {
    const came = await this.#arrivals.take();
    for (const problem of came.problems) this.#parts.onProblem(problem);
    for (const { events, rejected } of came.inputs) {
      this.#status.events_stored += events;
      this.#status.events_rejected += rejected;
    }
    this.#status.segments_unread += came.unread;
    this.#status.mismatches += came.mismatches.length;
    this.#status.last_mismatch = came.mismatches.at(-1) ?? this.#status.last_mismatch;
    return came.hasMore;
  }

  #say(failed: string, isGone = false): Promise<void> {
    const { name, journal, store } = this.#parts;
    const { segments } = journal.status();
    return store.insert('intake', [{ name, segments, failed, is_gone: Number(isGone) }]);
  }
}

/** What the processes that take logs could not store, as far as they said so, and those that say nothing any more. */
export async function loadingLosses(store: Store): Promise<Loss[]> {
  const said = await store.rows<{ name: string; failed: string; silent: number }>(
    `SELECT name, failed, dateDiff('second', intake.at, now64(3)) AS silent FROM intake FINAL
     WHERE NOT is_gone AND silent < {gone:UInt32} AND (failed != '' OR silent > {most:UInt32}) ORDER BY name`,
    { gone: GONE_SECONDS, most: SILENT_SECONDS },
  );
  return said.map(({ name, failed, silent }) => ({
    why:
      silent > SILENT_SECONDS
        ? `${name} takes logs and has not been heard of for ${Math.round(silent / 60)} minutes`
        : `${name}: ${failed}`,
    sources: [],
  }));
}
