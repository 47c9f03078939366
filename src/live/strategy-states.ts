import { tablesBehind } from '../detect/visibility.js';
import type { StrategyState } from '../model/hunt-result.js';
import type { LiveStrategy, Loss, Sight, StateChange } from '../model/live.js';
import type { Source } from '../model/source.js';
import type { Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import { ToldTroubles } from './told-troubles.js';

/** What is wrong with a source. */
export interface SourceTrouble {
  source: string;
  /** `table.column`, where only that is wrong. */
  field: string | null;
  why: string;
  /** Whether strategies see less for it. */
  takesSight: boolean;
}

interface Content {
  strategies: Strategy[];
  sources: Source[];
}

/** The states of strategies through time: whether one has fired, how well it sees meanwhile, and what takes its sight. */
export class StrategyStates {
  readonly #known: Map<string, LiveStrategy>;
  readonly #troubles: Map<string, ToldTroubles>;

  constructor(known: readonly LiveStrategy[] = []) {
    this.#known = new Map(known.map((strategy) => [strategy.id, strategy]));
    this.#troubles = new Map(known.map(({ id, reasons }) => [id, new ToldTroubles(reasons)]));
  }

  /** As they were when the process before ended. */
  static async of(store: Store, strategies: Strategy[]): Promise<StrategyStates> {
    const rows = await store.rows<Pick<LiveStrategy, 'id' | 'state' | 'sight' | 'reasons' | 'since'>>(`
SELECT id, argMax(s.state, s.since) AS state, argMax(s.sight, s.since) AS sight, argMax(s.reasons, s.since) AS reasons,
  formatDateTime(max(s.since), '%FT%T.%fZ', 'UTC') AS since
FROM strategy_state AS s GROUP BY id`);
    return new StrategyStates(
      rows.flatMap((row) => {
        const strategy = strategies.find(({ id }) => id === row.id);
        if (!strategy) return [];
        const { technique, title } = strategy;
        return [{ ...row, technique, title, since: new Date(row.since).toISOString() }];
      }),
    );
  }

  list(): LiveStrategy[] {
    return [...this.#known.values()];
  }

  /**
   * @param judged how well each sees, as the judgement says that knows of no findings
   * @param open ids of strategies that have an open finding
   * @returns what changed
   */
  saw(judged: StrategyState[], open: ReadonlySet<string>, now: Date): StateChange[] {
    return this.#become(
      judged.map(({ id, technique, title, state, reasons }) => {
        const sight: Sight = state === 'blind' || state === 'degraded' ? state : 'whole';
        return { id, technique, title, reasons, ...stateOf(sight, open.has(id)) };
      }),
      now,
    );
  }

  /** Nothing was judged for a while: what happened meanwhile nobody looked at. */
  areBlind(why: string, now: Date): StateChange[] {
    return this.#become(
      this.list().map(({ since: _, ...strategy }) => asBlind(strategy, why)),
      now,
    );
  }

  #become(all: Omit<LiveStrategy, 'since'>[], now: Date): StateChange[] {
    return all.flatMap((strategy) => {
      const before = this.#known.get(strategy.id) ?? null;
      const news = this.#newsOf(strategy, before, now);
      const isSame = before?.state === strategy.state && before.sight === strategy.sight && news === null;
      const after = { ...strategy, since: isSame ? before.since : now.toISOString() };
      this.#known.set(strategy.id, after);
      return isSame ? [] : [{ before, after, news }];
    });
  }

  /** A change of sight is told with its reasons. */
  #newsOf(
    { id, sight, reasons }: Omit<LiveStrategy, 'since'>,
    before: LiveStrategy | null,
    now: Date,
  ): StateChange['news'] {
    const troubles = this.#troubles.get(id) ?? new ToldTroubles(reasons);
    this.#troubles.set(id, troubles);
    if (before?.sight === sight) return troubles.news(reasons, now);
    troubles.tell(reasons);
    return null;
  }
}

const stateOf = (sight: Sight, hasFired: boolean): Pick<LiveStrategy, 'state' | 'sight'> => ({
  sight,
  state: hasFired ? 'fired' : sight === 'whole' ? 'quiet' : sight,
});

/** The same strategy, when nobody looks. What was found stays found. */
export const asBlind = <S extends Omit<LiveStrategy, 'since'>>(strategy: S, why: string): S => ({
  ...strategy,
  reasons: [why],
  ...stateOf('blind', strategy.state === 'fired'),
});

/** What troubled sources take from strategies: one that saw everything sees less. Nobody may take what is missing for quiet. */
export function withTroubles(
  judged: StrategyState[],
  { troubles, losses }: { troubles: readonly SourceTrouble[]; losses: readonly Loss[] },
  { strategies, sources }: Content,
): StrategyState[] {
  const intoOf = new Map(sources.map(({ id, into }) => [id, into]));
  return judged.map((state) => {
    const strategy = strategies.find(({ id }) => id === state.id)!;
    const needed = new Set(strategy.analytics.flatMap(({ needs }) => needs.flatMap(tablesBehind)));
    const tables = new Set([...needed].map((name) => name.split('.')[0]!));
    const reasons = troubles
      .filter(({ takesSight }) => takesSight)
      .filter(({ source, field }) =>
        field === null ? tables.has(intoOf.get(source) ?? '') : needed.has(field),
      )
      .map(({ source, why }) => `${source}: ${why}`);
    const isAbout = ({ sources: ids }: Loss) =>
      ids.length === 0 || ids.some((id) => tables.has(intoOf.get(id) ?? ''));
    reasons.push(...losses.filter(isAbout).map(({ why }) => why));
    if (reasons.length === 0) return state;
    const isLess = state.state !== 'blind';
    return { ...state, ...(isLess && { state: 'degraded' }), reasons: [...state.reasons, ...reasons] };
  });
}
