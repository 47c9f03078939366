import { join } from 'node:path';
import { deriveReferences } from '../detect/references.js';
import { sealConnections } from '../detect/seal.js';
import { Loader } from '../ingest/load.js';
import type { InputProblem, StrategyState } from '../model/hunt-result.js';
import type { Journal, LiveStatus, LiveStrategy } from '../model/live.js';
import type { Content } from '../pipeline.js';
import { EVENT_TABLES } from '../store/schema.js';
import type { Store } from '../store/store.js';
import { drain } from './drain.js';
import { follow } from './follow.js';
import { deriveNew, type Judgement, judge, judgedStore } from './judge.js';
import type { Kept, KeptFindings } from './kept-findings.js';
import { SourceHealth } from './source-health.js';

export interface DetectorSettings {
  /** Events older than this are in sums only. */
  judgedHours: number;
  /** How late events of an ended connection may come. */
  latenessSeconds: number;
  /** After this long, a connection that nobody saw end is sealed. */
  endlessSeconds: number;
  /** Between two passes of sealing. */
  sealEverySeconds: number;
  /** Without news, findings are judged again after this long: they close by time alone. */
  judgeEverySeconds: number;
}

const DEFAULT_DETECTOR: DetectorSettings = {
  judgedHours: 24,
  latenessSeconds: 120,
  endlessSeconds: 3600,
  sealEverySeconds: 60,
  judgeEverySeconds: 60,
};

export interface DetectorParts {
  store: Store;
  journal: Journal;
  content: Content;
  findings: KeptFindings;
  /** A folder of its own, emptied at each tick. */
  scratch: string;
  /** Folder for what nobody could read. */
  unread: string;
  onProblem?: (problem: InputProblem) => void;
  settings?: Partial<DetectorSettings>;
  /** Another moment to judge by: for recorded events. */
  now?: () => Date;
  onState?: (strategy: LiveStrategy) => void;
}

/**
 * Loads, derives, judges and keeps, tick by tick: the same steps as a hunt (src/pipeline.ts) over what came since. One tick runs at a
 * time; one that fails is told and tried again, and leaves everything as it was.
 */
export class Detector {
  readonly #parts: DetectorParts;
  readonly #settings: DetectorSettings;
  readonly #loader: Loader;
  readonly #status: Omit<LiveStatus, 'strategies' | 'sources' | 'events_stored' | 'events_rejected'>;
  readonly #lastJudged = new Map<string, Date>();
  #strategies = new Map<string, LiveStrategy>();
  #health: SourceHealth;
  #sealedAt = 0;
  #judgedAt = 0;
  /** Segments that could not be loaded, with the number of times it was tried. */
  readonly #failed = new Map<string, number>();
  /** Tables that rows came into since they were last derived from; at first all. */
  #fresh = new Set<string>(EVENT_TABLES);

  private constructor(parts: DetectorParts, health: SourceHealth) {
    this.#parts = parts;
    this.#settings = { ...DEFAULT_DETECTOR, ...parts.settings };
    this.#loader = new Loader(parts.store);
    this.#health = health;
    this.#status = {
      started: new Date().toISOString(),
      ready: false,
      ticks: { count: 0, failed: 0, last_seconds: 0, last_at: null, last_error: null },
      mismatches: 0,
      segments_unread: 0,
      last_mismatch: null,
    };
  }

  static async over(parts: DetectorParts): Promise<Detector> {
    await deriveReferences(parts.store, parts.content.references);
    return new Detector(parts, await SourceHealth.of(parts.store));
  }

  /** One tick. Returns whether more waits to be loaded. */
  async tick(): Promise<boolean> {
    const begun = Date.now();
    const { ticks } = this.#status;
    try {
      const hasMore = await this.#step();
      ticks.count += 1;
      ticks.last_error = null;
      this.#status.ready = true;
      return hasMore;
    } catch (error) {
      ticks.failed += 1;
      // Where it ended is not known: rows may be stored that nothing was derived from, a partition dropped, a pass half done.
      this.#fresh = new Set(EVENT_TABLES);
      this.#sealedAt = 0;
      ticks.last_error = (error as Error).message.split('\n')[0]!;
      return false;
    } finally {
      ticks.last_seconds = (Date.now() - begun) / 1000;
      ticks.last_at = new Date().toISOString();
    }
  }

  status(): LiveStatus {
    const sources = this.#health.list(new Date());
    const sum = (what: 'events' | 'rejected') => sources.reduce((all, source) => all + source[what], 0);
    return {
      ...this.#status,
      events_stored: sum('events'),
      events_rejected: sum('rejected'),
      strategies: [...this.#strategies.values()],
      sources,
    };
  }

  async #step(): Promise<boolean> {
    const { journal, content, scratch, store } = this.#parts;
    const now = this.#parts.now?.() ?? new Date();
    const judgedSince = new Date(now.getTime() - this.#settings.judgedHours * 3_600_000);
    const { sources } = content;
    const drained = await drain(journal, {
      loader: this.#loader,
      sources,
      scratch: join(scratch, 'drain'),
      failed: this.#failed,
      unread: this.#parts.unread,
    });
    for (const problem of drained.problems) this.#parts.onProblem?.(problem);
    this.#status.segments_unread += drained.unread;
    this.#status.mismatches += drained.mismatches.length;
    this.#status.last_mismatch = drained.mismatches.at(-1) ?? this.#status.last_mismatch;
    this.#health.saw(drained.inputs, { arrived: new Date(drained.arrived ?? now), judgedSince });
    const into = new Map(sources.map((source) => [source.id, source.into]));
    for (const { source } of drained.inputs) this.#fresh.add(into.get(source)!);
    const judged = judgedStore(store, judgedSince.toISOString());
    const hasSealed = await this.#seal(judged);
    if (this.#fresh.size === 0 && !hasSealed && !this.#isDue()) return drained.hasMore;
    if (this.#fresh.size > 0 || hasSealed) await deriveNew(judged, content, this.#fresh);
    this.#fresh.clear();
    await this.#keep(await judge(judged, content, judgedSince.toISOString()), now);
    this.#judgedAt = Date.now();
    return drained.hasMore;
  }

  #isDue(): boolean {
    return Date.now() - this.#judgedAt >= this.#settings.judgeEverySeconds * 1000;
  }

  async #seal(judged: Store): Promise<boolean> {
    if (Date.now() - this.#sealedAt < this.#settings.sealEverySeconds * 1000) return false;
    this.#sealedAt = Date.now();
    const { latenessSeconds: quietSeconds, endlessSeconds } = this.#settings;
    return (
      (await sealConnections(judged, { now: new Date().toISOString(), quietSeconds, endlessSeconds })) > 0
    );
  }

  async #keep(judgement: Judgement, now: Date): Promise<void> {
    const { findings, content } = this.#parts;
    await findings.inTurn(async () => {
      const { strategies } = content;
      const lastJudged = this.#lastJudged;
      const followed = follow(findings.recent(now), judgement.findings, {
        strategies,
        now,
        lastJudged,
        unasked: judgement.unasked,
      });
      for (const uid of followed.judged) lastJudged.set(uid, now);
      const changes: Kept[] = await Promise.all(
        followed.changes.map(async ({ kept, event, finding }) => {
          const detail = finding ? await judgement.describe(finding) : null;
          return { kept, event, detail: detail && { ...detail, uid: kept.uid } };
        }),
      );
      await findings.keep(changes);
      await this.#tell(judgement.states, now);
    });
  }

  /** A strategy has fired as long as one of its findings is open. */
  async #tell(states: StrategyState[], now: Date): Promise<void> {
    const open = new Set(
      this.#parts.findings
        .recent(now)
        .filter(({ state, finding }) => state === 'open' && finding.status === 'open')
        .map(({ finding }) => finding.strategy),
    );
    for (const judged of states) {
      const before = this.#strategies.get(judged.id);
      const isOver = judged.state === 'fired';
      const state = open.has(judged.id) ? 'fired' : isOver ? 'quiet' : judged.state;
      const isSame = before?.state === state;
      const strategy: LiveStrategy = {
        ...judged,
        state,
        since: isSame ? before.since : now.toISOString(),
      };
      this.#strategies.set(judged.id, strategy);
      if (isSame) continue;
      const { id, reasons, since } = strategy;
      const row = { id, state, reasons, since: since.replace('T', ' ').replace('Z', '') };
      await this.#parts.store.insert('strategy_state', [row]);
      this.#parts.onState?.(strategy);
    }
  }
}
