import { countOpen } from '../detect/open-connections.js';
import { deriveReferences } from '../detect/references.js';
import { sealConnections } from '../detect/seal.js';
import type { InputProblem } from '../model/hunt-result.js';
import type { Journal, LiveStatus, Loss, StateChange } from '../model/live.js';
import type { Content } from '../pipeline.js';
import type { Store } from '../store/store.js';
import { type Arrivals, arrivalsOf } from './arrivals.js';
import { firstStatus } from './first-status.js';
import { follow } from './follow.js';
import type { GivenAllowances } from './given-allowances.js';
import { ANYTHING, deriveNew, freshOf, type Judgement, judge, lookAround } from './judge.js';
import { judgedStore, spanBefore } from './judged-store.js';
import type { KeptFindings } from './kept-findings.js';
import { NotedLoads } from './noted-loads.js';
import { Pictures, withPictures } from './pictures.js';
import { Sight } from './sight.js';
import { SourceHealth } from './source-health.js';
import { StandingAnswers } from './standing-answers.js';
import { BLIND_AFTER_SECONDS, Standstill } from './standstill.js';
import { StateRows } from './state-rows.js';
import { Stillness } from './stillness.js';
import { asBlind, StrategyStates, withTroubles } from './strategy-states.js';

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
  /** Strategies that nothing was judged of for so long are blind, and the detector is not ready. */
  blindAfterSeconds: number;
}

const steady = (): number => performance.now();

const DEFAULT_DETECTOR: DetectorSettings = {
  judgedHours: 24,
  keptDays: 30,
  latenessSeconds: 120,
  endlessSeconds: 3600,
  sealEverySeconds: 60,
  crowdedViews: 200_000,
  crowdedLatenessSeconds: 15,
  judgeEverySeconds: 60,
  blindAfterSeconds: BLIND_AFTER_SECONDS,
};

export interface DetectorParts {
  store: Store;
  /** null: other processes load, and note what they stored. */
  journal: Journal | null;
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
  /** What does not come into the journal though it should. */
  missing?: () => Loss[];
}

/** What an earlier process left. */
interface Known {
  health: SourceHealth;
  states: StrategyStates;
  pictures: Pictures;
  sight: Sight;
}

/**
 * Loads, derives, judges and keeps, tick by tick: the same steps as a hunt (src/pipeline.ts) over what came since. One tick runs at a
 * time; one that fails is told and tried again, and leaves everything as it was.
 */
export class Detector {
  readonly #parts: DetectorParts;
  readonly #settings: DetectorSettings;
  readonly #arrivals: Arrivals;
  readonly #status = firstStatus();
  readonly #lastJudged = new Map<string, Date>();
  readonly #states: StrategyStates;
  readonly #stateRows = new StateRows();
  readonly #health: SourceHealth;
  readonly #standing: StandingAnswers;
  readonly #pictures: Pictures;
  readonly #sight: Sight;
  readonly #still = new Stillness();
  /** Milliseconds of the steady clock: the one on the wall may be set. */
  #sealedAt = Number.NEGATIVE_INFINITY;
  /** Since something was judged. */
  readonly #standstill: Standstill;
  /** What came until then is judged: milliseconds by the clock on the wall, as is when it came. 0 as long as this process judged nothing. */
  #judgedUpTo = 0;
  #judgement: Judgement | null = null;
  /** What findings are held against has changed. */
  #isOwed = false;
  /** Tables that rows came into since they were last derived from; at first all. */
  #fresh = new Set<string>(ANYTHING);

  private constructor(parts: DetectorParts, { health, states, pictures, sight }: Known) {
    this.#parts = parts;
    this.#pictures = pictures;
    this.#settings = { ...DEFAULT_DETECTOR, ...parts.settings };
    this.#standstill = new Standstill(this.#settings.blindAfterSeconds);
    const { journal, store, content, ...places } = parts;
    const { keptDays } = this.#settings;
    this.#arrivals =
      journal === null
        ? new NotedLoads(store)
        : arrivalsOf({ ...places, store, journal, keptDays, sources: content.sources });
    this.#health = health;
    this.#states = states;
    this.#sight = sight;
    this.#standing = new StandingAnswers(parts.content.strategies);
    parts.given?.onChange(() => {
      this.#isOwed = true;
    });
  }

  static async over(parts: DetectorParts): Promise<Detector> {
    await deriveReferences(parts.store, parts.content.references);
    const { store, content, findings } = parts;
    const { judgedHours } = { ...DEFAULT_DETECTOR, ...parts.settings };
    return new Detector(parts, {
      health: await SourceHealth.of(store, content.sources),
      states: await StrategyStates.of(store, content.strategies),
      pictures: new Pictures(await findings.withoutPicture()),
      sight: await Sight.of(store, judgedHours),
    });
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
      this.#fresh = new Set(ANYTHING);
      this.#sealedAt = Number.NEGATIVE_INFINITY;
      this.#standing.forget();
      this.#sight.forget();
      ticks.last_error = (error as Error).message.split('\n')[0]!;
      const why = this.#whyBlind();
      if (why) this.#changed(this.#states.areBlind(why, new Date()));
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
      ready: this.#status.ready && why === null,
      events_stored: sum('events'),
      events_rejected: sum('rejected'),
      strategies: why === null ? strategies : strategies.map((strategy) => asBlind(strategy, why)),
      sources,
    };
  }

  async #step(isLast: boolean): Promise<boolean> {
    const { content, store } = this.#parts;
    const now = this.#parts.now?.() ?? new Date();
    const span = spanBefore(now, this.#settings.judgedHours, content.strategies);
    const { sources } = content;
    const drained = await this.#arrivals.take();
    for (const problem of drained.problems) this.#parts.onProblem?.(problem);
    this.#status.segments_unread += drained.unread;
    this.#status.mismatches += drained.mismatches.length;
    this.#status.last_mismatch = drained.mismatches.at(-1) ?? this.#status.last_mismatch;
    this.#health.saw(drained.inputs, { arrived: new Date(drained.arrived ?? now), judgedSince: span.since });
    const came = sources.filter(({ id }) => drained.inputs.some(({ source }) => source === id));
    const into = came.map((source) => source.into);
    for (const table of await freshOf(store, into, drained.loads)) this.#fresh.add(table);
    await this.#health.fields.look(
      came.map(({ id }) => id),
      drained.loads,
      now,
    );
    const judged = judgedStore(store, span);
    const cameUpTo = Date.now();
    const begun = await this.#still.disturbedBy(() => this.#derive(judged, isLast));
    if (begun === null) return drained.hasMore;
    const answers = this.#standing.standing(begun);
    const allowances = [...content.references.allowances, ...(this.#parts.given?.inForce(now) ?? [])];
    const rows = drained.inputs.reduce((sum, { events }) => sum + events, 0);
    const visibility = await this.#sight.look({ tables: into, rows }, () =>
      lookAround(judged, content, span),
    );
    this.#judgement = await judge(judged, content, { span, visibility, answers, allowances });
    await this.#keep(this.#judgement, now);
    await this.#standing.keep(answers, begun);
    this.#standstill.done();
    this.#judgedUpTo = cameUpTo;
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
    const isLong = this.#standstill.milliseconds >= this.#settings.judgeEverySeconds * 1000;
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
    // What tells of minutes long ago is judged as long as it is open: sealed before, it would never be.
    const now = new Date(Math.min(Date.now(), this.#judgedUpTo + quietSeconds * 1000)).toISOString();
    return (await sealConnections(judged, { now, quietSeconds, endlessSeconds })) > 0;
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
        beginnings: judgement.beginnings,
        wholeSince: judgement.span.minutesSince,
      });
      for (const uid of followed.judged.keys()) lastJudged.set(uid, now);
      for (const { kept, event, finding } of followed.changes)
        if (finding) this.#pictures.outdated(kept.uid, event !== null);
      const details = await this.#pictures.make(
        followed.judged,
        (finding) => judgement.describe(finding),
        (problem) => this.#parts.onProblem?.(problem),
      );
      await findings.keep(withPictures(followed.changes, details, findings.recent(now)));
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
    const seen = withTroubles(states, { troubles, losses: await this.#arrivals.losses() }, content);
    this.#changed(this.#states.saw(seen, open, now));
    await this.#stateRows.keepIn(store);
  }

  #changed(changes: readonly StateChange[]): void {
    for (const change of changes) this.#parts.onState?.(change);
    this.#stateRows.add(changes);
  }

  /** Where ticks fail for long, or do not end, what happens is not looked at: nobody may take that for quiet. */
  #whyBlind(): string | null {
    if (!this.#standstill.lasts) return null;
    const last = new Date(Date.now() - this.#standstill.milliseconds);
    const since = `not judged since ${last.toISOString().slice(0, 19)}Z`;
    const { last_error: error } = this.#status.ticks;
    return error === null ? since : `${since}: ${error}`;
  }
}
