import type { Hit, Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import type { Visibility } from './visibility.js';

/** More hits of one analytic than this are not judged; the strategy's state says so. */
const MAX_HITS = 5_000;

export interface AnalyticRun {
  hits: Hit[];
  /** Per strategy: what could not be asked or was cut short, and why. */
  failures: { strategy: string; reason: string }[];
}

type Analytic = Strategy['analytics'][number];

interface Row {
  entity_id: string;
  window_from: string;
  window_to: string;
  likelihood: number;
  says: string;
  measured: Record<string, string>;
  destinations: string[];
}

/** By analytic and parameters: see `keyOf`. */
export type Answers = Map<string, Promise<Row[]>>;

export const keyOf = ({ file }: Analytic, parameters: Record<string, unknown>): string =>
  JSON.stringify([file, parameters]);

export const valuesFor = (analytic: Analytic, { parameters }: Strategy): Record<string, unknown> => {
  const values = new Map(parameters.map((parameter) => [parameter.name, parameter.default]));
  return Object.fromEntries(analytic.parameters.map((name) => [name, values.get(name)]));
};

/** Ids of a strategy's analytics that cannot see. */
export const blindIn = ({ id }: Strategy, visibility: Visibility[]): Set<string> =>
  new Set(visibility.find((seen) => seen.strategy === id)?.blindAnalytics.map((analytic) => analytic.id));

/** Asks unless it was asked before. */
export function answerTo(
  store: Store,
  analytic: Analytic,
  parameters: Record<string, unknown>,
  answers: Answers,
): Promise<Row[]> {
  const key = keyOf(analytic, parameters);
  const answer = answers.get(key) ?? ask(store, analytic.sql, parameters);
  answers.set(key, answer);
  return answer;
}

/** Asks every analytic that can see; one that shares its SQL and parameters with another is asked once. */
export async function runAnalytics(
  store: Store,
  strategies: Strategy[],
  visibility: Visibility[],
  answers: Answers = new Map(),
): Promise<AnalyticRun> {
  const runs = strategies.flatMap((strategy) => {
    const blind = blindIn(strategy, visibility);
    return strategy.analytics
      .filter((analytic) => !blind.has(analytic.id))
      .map(async (analytic): Promise<AnalyticRun> => {
        const fail = (reason: string) => ({ strategy: strategy.id, reason: `${analytic.id}${reason}` });
        try {
          const rows = await answerTo(store, analytic, valuesFor(analytic, strategy), answers);
          return {
            hits: rows.slice(0, MAX_HITS).map((row) => toHit(row, strategy, analytic)),
            failures:
              rows.length > MAX_HITS
                ? [fail(`: more than ${MAX_HITS} hits; only the likeliest were judged`)]
                : [],
          };
        } catch (error) {
          return {
            hits: [],
            failures: [fail(` could not be asked: ${(error as Error).message.split('\n')[0]}`)],
          };
        }
      });
  });
  const done = await Promise.all(runs);
  return { hits: done.flatMap((one) => one.hits), failures: done.flatMap((one) => one.failures) };
}

function ask(store: Store, sql: string, parameters: Record<string, unknown>): Promise<Row[]> {
  return store.rows<Row>(
    `SELECT entity_id, formatDateTime(window_from, '%FT%T.%fZ', 'UTC') AS window_from, formatDateTime(window_to, '%FT%T.%fZ', 'UTC') AS window_to,
      round(toFloat64(likelihood), 4) AS likelihood, says, measured, destinations
     FROM (${sql}) WHERE entity_id != '' AND likelihood > 0
     ORDER BY likelihood DESC, entity_id, window_from, says LIMIT ${MAX_HITS + 1}`,
    parameters,
  );
}

function toHit(row: Row, strategy: Strategy, analytic: Strategy['analytics'][number]): Hit {
  return {
    strategy: strategy.id,
    analytic: analytic.id,
    class: analytic.class,
    entity_id: row.entity_id,
    from: row.window_from,
    to: row.window_to,
    likelihood: Math.min(1, Math.max(0, row.likelihood)),
    says: row.says,
    measured: Object.fromEntries(
      Object.entries(row.measured).map(([key, value]) => [key, numberOrText(value)]),
    ),
    destinations: row.destinations,
  };
}

/** ClickHouse maps hold one type; numbers travel as text. */
function numberOrText(value: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
