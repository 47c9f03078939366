import { join } from 'node:path';
import { countOpen } from '../detect/open-connections.js';
import { deriveReferences } from '../detect/references.js';
import { sealConnections } from '../detect/seal.js';
import { Loader } from '../ingest/load.js';
import type { InputProblem } from '../model/hunt-result.js';
import type { Journal, LiveStatus } from '../model/live.js';
import type { Content } from '../pipeline.js';
import { EVENT_TABLES } from '../store/schema.js';
import type { Store } from '../store/store.js';
import { type DrainSettings, drain } from './drain.js';
import { follow } from './follow.js';
import type { GivenAllowances } from './given-allowances.js';
import { deriveNew, type Judgement, judge, judgedStore } from './judge.js';
import type { Kept, KeptFindings } from './kept-findings.js';
import { SourceHealth } from './source-health.js';
import { StandingAnswers } from './standing-answers.js';
import { Stillness } from './stillness.js';
import { asBlind, type StateChange, StrategyStates, withTroubles } from './strategy-states.js';

export interface DetectorSettings {
  /** Events older than this are in sums only. */
  judgedHours: number;
  /** Events older than this are rejected. */
  keptDays: number;
  /** How late events of an ended connection may come. */
  latenessSeconds: number;
  /** After this long, a connection that nobody saw end is sealed. */
  endlessSeconds: number;
  /** Between two passes of sealing. */
  sealEverySeconds: number;
  /** Where more views are open, sealing waits for less: what is open is worked out in every tick. */
  crowdedViews: number;
  crowdedLatenessSeconds: number;
  /** Without news, findings are judged again after this long: they close by time alone. */
  judgeEverySeconds: number;
  /** Strategies that nothing was judged of for so long are blind. */
  blindAfterSeconds: number;
}

const steady = (): number => performance.now();

/** What happens within this time from now is judged: clocks are not that exact. */
const AHEAD_MS = 300_000;

const DEFAULT_DETECTOR: DetectorSettings = {
  judgedHours: 24,
  keptDays: 30,
  latenessSeconds: 120,
  endlessSeconds: 3600,
  sealEverySeconds: 60,
  crowdedViews: 200_000,
  crowdedLatenessSeconds: 15,
  judgeEverySeconds: 60,
  blindAfterSeconds: 120,
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
  /** Allowances besides those that the content states. */
  given?: GivenAllowances;
  /** Another moment to judge by: for recorded events. */
  now?: () => Date;
  onState?: (change: StateChange) => void;
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
  readonly #states: StrategyStates;
  readonly #health: SourceHealth;
  readonly #standing: StandingAnswers;
  readonly #still = new Stillness();
  /** Milliseconds of the steady clock: the one on the wall may be set. */
  #sealedAt = Number.NEGATIVE_INFINITY;
  #judgedAt = steady();
  #judgement: Judgement | null = null;
  /** What findings are held against has changed. */
  #isOwed = false;
  /** Segments that could not be loaded. */
  readonly #failed: DrainSettings['failed'] = new Map();
  /** Tables that rows came into since they were last derived from; at first all. */
  #fresh = new Set<string>(EVENT_TABLES);

  private constructor(parts: DetectorParts, health: SourceHealth, states: StrategyStates) {
    this.#parts = parts;
    this.#settings = { ...DEFAULT_DETECTOR, ...parts.settings };
    this.#loader = new Loader(parts.store, this.#settings.keptDays);
    this.#health = health;
    this.#states = states;
    this.#standing = new StandingAnswers(parts.content.strategies);
    parts.given?.onChange(() => {
      this.#isOwed = true;
    });
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
    const { store, content } = parts;
    return new Detector(
      parts,
      await SourceHealth.of(store, content.sources),
      await StrategyStates.of(store, content.strategies),
    );
  }

  /** One tick. Returns whether more waits to be loaded. `isLast`: every analytic is asked, due or not. */
  async tick({ isLast = false } = {}): Promise<boolean> {
    if (isLast) this.#standing.forget();
    const begun = steady();
    const { ticks } = this.#status;
    try {
      const hasMore = await this.#step(isLast);
      ticks.count += 1;
      ticks.last_error = null;
      this.#status.ready = true;
      return hasMore;
    } catch (error) {
      ticks.failed += 1;
      // Where it ended is not known: rows may be stored that nothing was derived from, a partition dropped, a pass half done.
      this.#fresh = new Set(EVENT_TABLES);
      this.#sealedAt = Number.NEGATIVE_INFINITY;
      this.#standing.forget();
      ticks.last_error = (error as Error).message.split('\n')[0]!;
      const why = this.#whyBlind();
      if (why) for (const change of this.#states.areBlind(why, new Date())) this.#parts.onState?.(change);
      return false;
    } finally {
      ticks.last_seconds = (steady() - begun) / 1000;
      ticks.last_at = new Date().toISOString();
    }
  }

  /** What was judged last; null before the first time. */
  judgement(): Judgement | null {
    return this.#judgement;
  }

  /** The store for who looks while ticks go on. */
  lookedAt(): Store {
    return this.#still.over(this.#parts.store);
  }

  status(): LiveStatus {
    const sources = this.#health.list(new Date());
    const why = this.#whyBlind();
    const strategies = this.#states.list();
    const sum = (what: 'events' | 'rejected') => sources.reduce((all, source) => all + source[what], 0);
    return {
      ...this.#status,
      events_stored: sum('events'),
      events_rejected: sum('rejected'),
      strategies: why === null ? strategies : strategies.map((strategy) => asBlind(strategy, why)),
      sources,
    };
  }

  async #step(isLast: boolean): Promise<boolean> {
    const { journal, content, scratch, store } = this.#parts;
    const now = this.#parts.now?.() ?? new Date();
    const span = {
      since: new Date(now.getTime() - this.#settings.judgedHours * 3_600_000),
      until: new Date(now.getTime() + AHEAD_MS),
    };
    const { sources } = content;
    const loadBefore = this.#loader.lastId;
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
    this.#health.saw(drained.inputs, { arrived: new Date(drained.arrived ?? now), judgedSince: span.since });
    const came = sources.filter(({ id }) => drained.inputs.some(({ source }) => source === id));
    for (const { into } of came) this.#fresh.add(into);
    // Before the first load of this process, its numbers are not known.
    if (loadBefore > 0)
      await this.#health.fields.look(
        came.map(({ id }) => id),
        loadBefore,
        now,
      );
    const judged = judgedStore(store, span);
    const begun = await this.#still.disturbedBy(() => this.#derive(judged, isLast));
    if (begun === null) return drained.hasMore;
    const answers = this.#standing.standing(begun);
    const allowances = [...content.references.allowances, ...(this.#parts.given?.inForce(now) ?? [])];
    this.#judgement = await judge(judged, content, { span, answers, allowances });
    await this.#keep(this.#judgement, now);
    await this.#standing.keep(answers, begun);
    this.#judgedAt = steady();
    return drained.hasMore;
  }

  /** Seals and works out what came. Returns since when it is so; null when there is nothing to judge. */
  async #derive(judged: Store, isLast: boolean): Promise<number | null> {
    const hasSealed = await this.#seal(judged);
    const begun = steady();
    const hasNews = this.#fresh.size > 0 || hasSealed;
    if (hasNews) this.#standing.changed(begun);
    // Who is who may have changed, and with it whom every answer is about.
    if ([...this.#fresh].some((table) => table.endsWith('_inventory'))) this.#standing.forget();
    const isLong = begun - this.#judgedAt >= this.#settings.judgeEverySeconds * 1000;
    const isOwed = this.#isOwed || this.#standing.isOwed(begun);
    if (!hasNews && !isLast && !isLong && !isOwed) return null;
    this.#isOwed = false;
    await deriveNew(judged, this.#parts.content, this.#fresh);
    this.#fresh.clear();
    return begun;
  }

  async #seal(judged: Store): Promise<boolean> {
    const { latenessSeconds, endlessSeconds, sealEverySeconds, ...settings } = this.#settings;
    const isCrowded = (await countOpen(judged)) > settings.crowdedViews;
    const pause = isCrowded ? settings.crowdedLatenessSeconds : sealEverySeconds;
    if (steady() - this.#sealedAt < pause * 1000) return false;
    this.#sealedAt = steady();
    const quietSeconds = isCrowded ? settings.crowdedLatenessSeconds : latenessSeconds;
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
      await this.#tellStates(judgement, now);
    });
  }

  /** A strategy has fired as long as one of its findings is open. */
  async #tellStates({ states }: Judgement, now: Date): Promise<void> {
    const { findings, content, store } = this.#parts;
    const open = new Set(
      findings
        .recent(now)
        .filter(({ state, finding }) => state === 'open' && finding.status === 'open')
        .map(({ finding }) => finding.strategy),
    );
    const troubles = this.#health.troubles(new Date());
    const seen = withTroubles(states, { troubles, waiting: this.#failed.size }, content);
    const changes = this.#states.saw(seen, open, now);
    for (const change of changes) this.#parts.onState?.(change);
    const rows = changes.map(({ after: { id, state, sight, reasons, since } }) => ({
      ...{ id, state, sight, reasons },
      since: since.replace('T', ' ').replace('Z', ''),
    }));
    if (rows.length > 0) await store.insert('strategy_state', rows);
  }

  /** Where ticks fail for long, or do not end, what happens is not looked at: nobody may take that for quiet. */
  #whyBlind(): string | null {
    const silentMs = steady() - this.#judgedAt;
    if (silentMs < this.#settings.blindAfterSeconds * 1000) return null;
    const since = `not judged since ${new Date(Date.now() - silentMs).toISOString().slice(0, 19)}Z`;
    const { last_error: error } = this.#status.ticks;
    return error === null ? since : `${since}: ${error}`;
  }
}
