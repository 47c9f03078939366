import { QUERY_TABLE_NAMES, type QueryTableName } from '../../../src/model/event-query/tables.js';
import { bothOf, termText, timeText, withoutField } from '../../../src/model/event-query/terms.js';
import type { Span } from '../../../src/model/explore.js';
import { queryOf } from '../api.js';

export const VIEWS = ['rows', 'values', 'rhythm'] as const;
export type View = (typeof VIEWS)[number];

/** What the screen shows, as the address says it. */
export interface Asked {
  table: QueryTableName;
  filter: string;
  view: View;
  /** A number to sort by; '' is by time. */
  sort: string;
  /** Whose values are counted. */
  field: string;
  /** Of the rhythm. */
  entity: string;
  peer: string;
}

export function askedOf(query: URLSearchParams): Asked {
  const oneOf = <T extends string>(key: string, all: readonly T[]): T =>
    all.find((one) => one === query.get(key)) ?? all[0]!;
  const table = oneOf('table', QUERY_TABLE_NAMES);
  return {
    table,
    filter: query.get('filter') ?? '',
    view: oneOf('view', table === 'connection' ? VIEWS : VIEWS.slice(0, 2)),
    sort: query.get('sort') ?? '',
    field: query.get('field') ?? '',
    entity: query.get('entity') ?? '',
    peer: query.get('peer') ?? '',
  };
}

/** Longer filters are not taken. */
const LONGEST = 4000;
export const canAskWith = (filter: string): boolean => filter.length <= LONGEST;

/** The screen with a filter; null where a name in it is too long to be asked for. */
export function huntPath({
  table = 'connection',
  filter,
  span,
}: {
  table?: QueryTableName;
  filter: string;
  span?: Span;
}): string | null {
  const whole = span ? bothOf(filter, timeText(span)) : filter;
  return canAskWith(whole) ? `/hunt${queryOf({ table, filter: whole })}` : null;
}

export const withoutTime = (filter: string): string => withoutField(filter, 'time');

/** A filter about another time. */
export const atTime = (filter: string, time: string): string => bothOf(withoutTime(filter), time);

/** A filter that asks for one thing more; a term that is there already is not said twice. */
export function withTerm(filter: string, field: string, value: string, isNegated = false): string {
  const term = termText(field, value, isNegated);
  return filter.includes(term) ? filter : bothOf(filter, term);
}
