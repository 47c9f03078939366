import { join } from 'node:path';
import { BEAT_SECONDS, Lease } from '../live/lease.js';
import { Loading } from '../live/loading.js';
import type { FindingEvent, Journal, KeptFinding, LiveStatus } from '../model/live.js';
import { Refusal } from '../server/refusal.js';
import { type Judging, type JudgingParts, openJudging } from './judging.js';
import { type Answers, lastTicks, type Round, type Work } from './work.js';

export type Role = 'all' | 'ingest' | 'schedule';

export interface SharedParts extends JudgingParts {
  journal: Journal;
  role: Role;
  /** By which other processes know this one, also after a restart. */
  name: string;
}

const RETRY_SECONDS = 5;

type Listener = (kept: KeptFinding, event: FindingEvent) => void;

/**
 * A server that is one of several over a cluster. Each loads what its own journal holds; of those that may judge, the one does that has
 * the lease, and the others wait for it.
 */
export class WorkShared implements Work {
  readonly #parts: SharedParts;
  readonly #lease: Lease;
  readonly #loading: Loading;
  readonly #listeners = new Set<Listener>();
  /** With the term it was opened in. */
  #judging: (Judging & { term: number }) | null = null;
  /** Why the last try to judge or to get the lease came to nothing. */
  #error: string | null = null;

  constructor(parts: SharedParts) {
    this.#parts = parts;
    this.#lease = new Lease(parts.store);
    const { keep_days } = parts.config.serve;
    this.#loading = new Loading({
      store: parts.store,
      journal: parts.journal,
      sources: parts.content.sources,
      scratch: join(parts.stateFolder, 'scratch', 'loading'),
      unread: join(parts.stateFolder, 'unread'),
      keptDays: keep_days.events,
      name: parts.name,
      onProblem: parts.onProblem,
      missing: parts.missing,
    });
  }

  away(): string | null {
    if (this.#judging !== null && this.#judging.term === this.#lease.term) return null;
    return this.#parts.role === 'ingest'
      ? 'this process takes logs only: ask the one that judges'
      : 'another process judges now: ask that one';
  }

  get takesNoLogs(): string | null {
    return this.#parts.role === 'schedule' ? 'this process judges only: hand logs over to another' : null;
  }

  /** Keeps the lease, or looks whether it can be had. */
  async #beat(): Promise<void> {
    const had = this.#lease.term;
    try {
      await this.#lease.beat();
      this.#error = null;
    } catch (error) {
      this.#fail(error);
    }
    const { term } = this.#lease;
    if (term !== had) this.#parts.log.info({ term }, term === null ? 'judges no more' : 'judges from now on');
  }

  /** One tick of who judges; of the others, nothing. */
  async #tick(): Promise<boolean> {
    const { term } = this.#lease;
    // What was known in an earlier term, others may have changed since.
    if (this.#judging?.term !== term) this.#judging = null;
    if (term === null) return false;
    try {
      this.#judging ??= { ...(await this.#open()), term };
      const hasMore = await this.#judging.tick();
      const { last_error: error, last_seconds: seconds } = this.#judging.status().ticks;
      if (error !== null) this.#parts.log.error({ error, seconds }, 'tick');
      await this.#judging.tell();
      return hasMore;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  get rounds(): Round[] {
    const { role, config } = this.#parts;
    const everySeconds = config.serve.tick_seconds;
    const load: Round = { everySeconds, run: () => this.#load() };
    if (role === 'ingest') return [load];
    const beat = async () => {
      await this.#beat();
      return false;
    };
    return [load, { everySeconds: BEAT_SECONDS, run: beat }, { everySeconds, run: () => this.#tick() }];
  }

  /** Other processes change tables all the while. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async finish(): Promise<{ sent: Promise<void> }> {
    await lastTicks(() => this.#load());
    await this.#loading.leave().catch((error: unknown) => this.#fail(error));
    // The lease may have ended meanwhile: nobody beats any more.
    if (this.#parts.role !== 'ingest') await this.#beat();
    const judging = this.away() === null ? this.#judging : null;
    await judging?.tick({ isLast: true });
    const { sent } = (await judging?.tell()) ?? { sent: Promise.resolve() };
    return { sent: sent.then(() => this.#lease.leave()) };
  }

  async #load(): Promise<boolean> {
    const hasMore = await this.#loading.tick();
    const { last_error: error } = this.#loading.status().ticks;
    if (error !== null) this.#parts.log.error({ error }, 'loading');
    return hasMore;
  }

  status(): LiveStatus {
    const taken = this.#loading.status();
    if (this.#judging === null) {
      const { ticks } = taken;
      return { ...taken, ticks: { ...ticks, last_error: ticks.last_error ?? this.#error } };
    }
    const judged = this.#judging.status();
    const { mismatches, last_mismatch, segments_unread } = taken;
    const last_error = judged.ticks.last_error ?? taken.ticks.last_error ?? this.#error;
    return {
      ...judged,
      ready: judged.ready && taken.ready,
      ticks: { ...judged.ticks, last_error },
      ...{ mismatches, last_mismatch, segments_unread },
    };
  }

  /** Those of whoever judges in this process, as long as one does. */
  readonly answers: Answers = {
    findings: {
      list: async (filter) => this.#here().findings.list(filter),
      get: async (uid) => this.#here().findings.get(uid),
      change: async (uid, change, who) => this.#here().findings.change(uid, change, who),
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    },
    outbox: passedOn(() => this.#here().outbox),
    investigations: passedOn(() => this.#here().investigations),
    explorations: passedOn(() => this.#here().explorations),
    allowances: passedOn(() => this.#here().allowances),
    tuning: passedOn(() => this.#here().tuning),
  };

  #here(): Answers {
    const why = this.away();
    if (why !== null || this.#judging === null) throw new Refusal(503, why ?? '', RETRY_SECONDS);
    return this.#judging.answers;
  }

  async #open(): Promise<Judging> {
    const { store } = this.#parts;
    const judging = await openJudging({ ...this.#parts, store: this.#lease.fence(store), journal: null });
    judging.answers.findings.onChange((kept, event) => {
      for (const listener of this.#listeners) listener(kept, event);
    });
    return judging;
  }

  #fail(error: unknown): void {
    this.#error = (error as Error).message.split('\n')[0]!;
    this.#parts.log.error({ error: this.#error }, 'judging');
  }
}

/** Calls of its methods go to whatever `to` gives at that moment. */
function passedOn<T extends object>(to: () => T): T {
  return new Proxy({} as T, {
    get:
      (_, name) =>
      (...given: unknown[]) =>
        (to() as Record<string | symbol, (...given: unknown[]) => unknown>)[name]!(...given),
  });
}
