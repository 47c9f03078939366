import { tablesBehind } from '../detect/visibility.js';
import type { StrategyState } from '../model/hunt-result.js';
import type { LiveStrategy, Sight } from '../model/live.js';
import type { Source } from '../model/source.js';
import type { Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import type { LostField } from './field-health.js';

/** A source that is silent, and for how long, in seconds. */
export interface Silence {
  source: string;
  seconds: number;
}

/** What is wrong with sources. */
export interface Troubles {
  silences: readonly Silence[];
  lostFields: readonly LostField[];
}

interface Content {
  strategies: Strategy[];
  sources: Source[];
}

/** A source that is silent for longer was taken away; whether something else tells the same, the strategies ask the rows. */
const GONE_SECONDS = 24 * 3600;

/**
 * Tables that have rows as long as anything is running: what feeds them and says nothing is not seen. Commands, files and API calls
 * may well be absent for hours.
 */
const ALWAYS_BUSY = new Set(['network_activity']);

/** A change of a strategy's state or sight. */
export interface StateChange {
  before: LiveStrategy | null;
  after: LiveStrategy;
}

/** The states of strategies through time: whether one has fired, and how well it sees meanwhile. */
export class StrategyStates {
  readonly #known: Map<string, LiveStrategy>;

  constructor(known: readonly LiveStrategy[] = []) {
    this.#known = new Map(known.map((strategy) => [strategy.id, strategy]));
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

  /** Nothing was judged since `since`: what happened meanwhile nobody looked at. */
  areBlind(why: string, now: Date): StateChange[] {
    return this.#become(
      this.list().map(({ id, technique, title, state }) => ({
        ...{ id, technique, title, reasons: [why] },
        ...stateOf('blind', state === 'fired'),
      })),
      now,
    );
  }

  #become(all: Omit<LiveStrategy, 'since'>[], now: Date): StateChange[] {
    return all.flatMap((strategy) => {
      const before = this.#known.get(strategy.id) ?? null;
      const isSame = before?.state === strategy.state && before.sight === strategy.sight;
      const after = { ...strategy, since: isSame ? before.since : now.toISOString() };
      this.#known.set(strategy.id, after);
      return isSame ? [] : [{ before, after }];
    });
  }
}

const stateOf = (sight: Sight, hasFired: boolean): Pick<LiveStrategy, 'state' | 'sight'> => ({
  sight,
  state: hasFired ? 'fired' : sight === 'whole' ? 'quiet' : sight,
});

/** What troubled sources take from strategies: one that saw everything sees less. */
export function withTroubles(
  judged: StrategyState[],
  { silences, lostFields }: Troubles,
  { strategies, sources }: Content,
): StrategyState[] {
  return judged.map((state) => {
    const strategy = strategies.find(({ id }) => id === state.id)!;
    const needed = new Set(strategy.analytics.flatMap(({ needs }) => needs.flatMap(tablesBehind)));
    const isFed = ({ source: id }: Silence) => {
      const into = sources.find((source) => source.id === id)?.into ?? '';
      return ALWAYS_BUSY.has(into) && [...needed].some((table) => table.split('.')[0] === into);
    };
    const reasons = [
      ...silences.filter((silence) => silence.seconds < GONE_SECONDS && isFed(silence)).map(describeSilence),
      ...lostFields.filter(({ field }) => needed.has(field)).map(describeLost),
    ];
    if (reasons.length === 0) return state;
    const isLess = state.state !== 'blind';
    return { ...state, ...(isLess && { state: 'degraded' }), reasons: [...state.reasons, ...reasons] };
  });
}

const describeSilence = ({ source, seconds }: Silence): string =>
  `${source} is silent for ${Math.round(seconds / 60)} minutes`;

export const describeLost = ({ source, field, since }: LostField): string =>
  `${source} has had no ${field.split('.')[1]} since ${since.slice(0, 16)}Z: did its format change?`;
