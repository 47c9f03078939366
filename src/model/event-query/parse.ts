import { isIP } from 'node:net';
import { nearestOf } from '../nearest.js';
import { type FieldType, fieldsOf, inSentence, type QueryTableName } from './tables.js';
import { type Operator, type Problem, readTerms, type Term, type Value } from './terms.js';

/** A text, or a pattern in which `*` stands for any text. */
export interface Pattern {
  text: string;
  isPattern: boolean;
}

export interface Network {
  address: string;
  /** Of its prefix; null for one address. */
  bits: number | null;
}

/** One thing that must hold, or must not. */
export type Condition = { isNegated: boolean } & (
  | { kind: 'search'; text: string }
  | { kind: 'text' | 'list' | 'entity'; field: string; anyOf: Pattern[] }
  | { kind: 'address'; field: string; anyOf: Network[] }
  | { kind: 'number'; field: string; operator: Operator; anyOf: number[] }
  | { kind: 'boolean'; field: string; anyOf: boolean[] }
);

/** A question about one table: rows from a moment on until another, all of whose conditions hold. */
export interface EventQuery {
  table: QueryTableName;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  conditions: Condition[];
}

/** What a filter does not say right; the message names each place. */
export class QueryError extends Error {
  override name = 'QueryError';
  constructor(readonly problems: Problem[]) {
    super(problems.map(({ column, says }) => `column ${column} of the filter: ${says}`).join('; '));
  }
}

/** More would make a statement that no engine reads. */
const MOST_TERMS = 100;
const MOST_VALUES = 500;

/** Without a beginning, so much before the end is looked at. */
const DEFAULT_SPAN_MS = 86_400_000;

/**
 * Reads a filter. `now` is what `time>-1h` counts from, and the end where none is said.
 *
 * @throws QueryError with everything that is wrong
 */
export function parseQuery(table: QueryTableName, text: string, now: number): EventQuery {
  const { terms, problems } = readTerms(text);
  const tooMuch = whatIsTooMuch(terms);
  if (tooMuch) throw new QueryError([tooMuch]);
  const conditions: Condition[] = [];
  const bounds = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  for (const term of terms)
    try {
      if (term.field === 'time') narrow(bounds, term, now);
      else conditions.push(conditionOf(table, term));
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      problems.push({ column: error.column, says: error.message });
    }
  const to = Math.min(bounds.to, now);
  const from = Number.isFinite(bounds.from) ? bounds.from : to - DEFAULT_SPAN_MS;
  if (problems.length === 0 && from >= to)
    problems.push({ column: columnOf(terms, 'time'), says: 'no time is left between these two' });
  if (problems.length > 0) throw new QueryError(problems.sort((a, b) => a.column - b.column));
  return { table, from, to, conditions };
}

function whatIsTooMuch(terms: Term[]): Problem | null {
  const [term, values] = [terms[MOST_TERMS], terms.flatMap((one) => one.values)];
  if (term) return { column: term.column, says: `a filter has at most ${MOST_TERMS} terms` };
  const value = values[MOST_VALUES];
  return value ? { column: value.column, says: `a filter has at most ${MOST_VALUES} values` } : null;
}

class Wrong extends Error {
  constructor(
    readonly column: number,
    message: string,
  ) {
    super(message);
  }
}

const columnOf = (terms: Term[], field: string): number =>
  terms.find((term) => term.field === field)?.column ?? 1;

function conditionOf(table: QueryTableName, term: Term): Condition {
  const { field, isNegated, values } = term;
  if (field === '') return searchOf(term);
  const fields = fieldsOf(table);
  if (!Object.hasOwn(fields, field)) throw new Wrong(term.column, unknownField(table, field));
  const { type } = fields[field]!;
  const isNumber = type === 'number' || type === 'bytes' || type === 'seconds';
  if (term.operator !== ':' && !isNumber)
    throw new Wrong(term.column, `${field} is no number: write ${field}:value`);
  if (isNumber) {
    if (term.operator !== ':' && values.length > 1)
      throw new Wrong(values[1]!.column, `${term.operator} takes one value`);
    const anyOf = values.map((value) => numberOf(type, field, value));
    return { kind: 'number', field, operator: term.operator, isNegated, anyOf };
  }
  if (type === 'boolean')
    return { kind: 'boolean', field, isNegated, anyOf: values.map((value) => booleanOf(field, value)) };
  if (type === 'address')
    return { kind: 'address', field, isNegated, anyOf: values.map((value) => networkOf(field, value)) };
  const anyOf = values.map(({ text, isQuoted }) => ({ text, isPattern: !isQuoted && text.includes('*') }));
  return { kind: type as 'text' | 'list' | 'entity', field, isNegated, anyOf };
}

function searchOf({ column, isNegated, values }: Term): Condition {
  const { text, isQuoted } = values[0]!;
  if (!isQuoted && /^(?:and|or|not)$/i.test(text))
    throw new Wrong(
      column,
      'all terms must hold as it is; alternatives are written app:ssh,dns, and what is not to be -app:ssh; for the word itself use quotes',
    );
  if (text === '') throw new Wrong(column, 'there is nothing between these quotes');
  return { kind: 'search', isNegated, text };
}

function unknownField(table: QueryTableName, field: string): string {
  const near = field.length > 64 ? undefined : nearestOf(field, Object.keys(fieldsOf(table)));
  const hint = near ? `did you mean ${near}?` : 'text with a colon needs quotes';
  return `${inSentence(table)} have no field ${field}; ${hint}`;
}

const BYTES: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const SECONDS: Record<string, number> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

function numberOf(type: FieldType, field: string, { text, column }: Value): number {
  const [, digits, unit = ''] = /^(-?\d{1,20}(?:\.\d{1,9})?)([a-zA-Z]*)$/.exec(text) ?? [];
  const size =
    type === 'bytes'
      ? BYTES[/^([kMGT]?)B?$/i.exec(unit)?.[1]?.replace('K', 'k').replace(/[mgt]/, upper) ?? 'none']
      : type === 'seconds'
        ? SECONDS[unit]
        : unit === ''
          ? 1
          : undefined;
  if (digits === undefined || size === undefined)
    throw new Wrong(
      column,
      `${field} takes ${{ bytes: 'bytes, such as 5000 or 1.5MB', seconds: 'a time, such as 90s, 5m or 2h' }[type as string] ?? 'a number'}`,
    );
  return Number(digits) * size;
}

const upper = (letter: string): string => letter.toUpperCase();

function booleanOf(field: string, { text, column }: Value): boolean {
  if (/^(?:yes|true|1)$/i.test(text)) return true;
  if (/^(?:no|false|0)$/i.test(text)) return false;
  throw new Wrong(column, `${field} is yes or no`);
}

function networkOf(field: string, { text, column }: Value): Network {
  const [address = '', bits, ...more] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  const width = family === 4 ? 32 : 128;
  if (
    family === 0 ||
    more.length > 0 ||
    (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= width))
  )
    throw new Wrong(column, `${field} takes an address or a network, such as 10.0.0.0/8`);
  return { address, bits: bits === undefined ? null : Number(bits) };
}

function narrow(bounds: { from: number; to: number }, term: Term, now: number): void {
  const { operator, isNegated, values } = term;
  if (operator === ':' || isNegated || values.length > 1)
    throw new Wrong(term.column, 'time takes >= and <: time>=-2h, time<2026-11-22T15:00');
  const at = momentOf(values[0]!, now);
  if (operator.startsWith('>')) bounds.from = Math.max(bounds.from, at);
  else bounds.to = Math.min(bounds.to, at);
}

/** A moment in UTC, or so long before now. */
function momentOf({ text, column }: Value, now: number): number {
  const [, count, unit] = /^-(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * SECONDS[unit!]! * 1000;
  const isMoment = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z?)?$/.test(text);
  const at = Date.parse(/Z$|^[^T]*$/.test(text) ? text : `${text}Z`);
  if (!isMoment || Number.isNaN(at))
    throw new Wrong(column, 'a time is -30m, -2h or -7d, or 2026-11-22T15:04 (UTC)');
  return at;
}
