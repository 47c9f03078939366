/**
 * The form of a filter: terms one after the other, all of which must hold. This file knows no field; it is also what puts a filter together
 * out of values that came from logs, so that each of them is read back as exactly the text it was.
 *
 *     entity:prod/app1  -app:ssh,dns  bytes_out>1.5MB  peer:*.example.org  "some text"
 */

export const OPERATORS = ['>=', '<=', '>', '<', ':'] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Value {
  /** Counted from 1. */
  column: number;
  text: string;
  /** Within quotes a `*` is a `*`. */
  isQuoted: boolean;
}

export interface Term {
  column: number;
  /** Column behind its last character. */
  end: number;
  isNegated: boolean;
  /** '' for text without a field. */
  field: string;
  operator: Operator;
  /** Any of them; one at least. */
  values: Value[];
}

/** What is wrong with a filter, and where. */
export interface Problem {
  /** Counted from 1. */
  column: number;
  says: string;
}

export interface Terms {
  terms: Term[];
  problems: Problem[];
}

const FIELD = /([a-z_][a-z0-9_]*)(>=|<=|>|<|:|=)/iy;
const BARE = /[^\s",]+/y;

export function readTerms(text: string): Terms {
  const terms: Term[] = [];
  const problems: Problem[] = [];
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    const read = readTerm(text, at);
    if ('says' in read) {
      problems.push({ column: read.column, says: read.says });
      at = read.end - 1;
    } else {
      terms.push(read);
      at = read.end - 1;
    }
  }
  return { terms, problems };
}

function readTerm(text: string, start: number): Term | (Problem & { end: number }) {
  const isNegated = text[start] === '-';
  let at = start + Number(isNegated);
  const [head = '', field = '', sign = ':'] = matchAt(FIELD, text, at) ?? [];
  at += head.length;
  const values: Value[] = [];
  for (;;) {
    const value = readValue(text, at);
    if (value === null) {
      const says = text[at] === '"' ? 'this quote has no end' : missing(text, { at, field, isNegated });
      return { column: at + 1, says, end: text[at] === '"' ? text.length + 1 : at + 2 };
    }
    values.push({ column: at + 1, text: value.text, isQuoted: value.isQuoted });
    at = value.end;
    if (field === '' || text[at] !== ',') break;
    at += 1;
  }
  if (at < text.length && !/\s/.test(text[at]!))
    return { column: at + 1, says: 'a blank is missing before this', end: endOfWord(text, at) + 1 };
  const operator = sign === '=' ? ':' : (sign as Operator);
  return { column: start + 1, end: at + 1, isNegated, field: field.toLowerCase(), operator, values };
}

function missing(text: string, asked: { at: number; field: string; isNegated: boolean }): string {
  if (asked.field !== '') return `${asked.field} needs a value here`;
  if (text[asked.at] === ',') return 'a comma stands between values of a field: app:ssh,dns';
  return asked.isNegated
    ? 'what is not to be? A term follows the minus without a blank'
    : 'a term is missing';
}

/** Null when there is none, or a quote does not end. */
function readValue(text: string, at: number): { text: string; isQuoted: boolean; end: number } | null {
  if (text[at] !== '"') {
    const [bare] = matchAt(BARE, text, at) ?? [];
    return bare === undefined ? null : { text: bare, isQuoted: false, end: at + bare.length };
  }
  const [quoted, inside] = matchAt(/"((?:[^"\\]|\\[\s\S])*)"/y, text, at) ?? [];
  if (quoted === undefined) return null;
  return { text: unescaped(inside!), isQuoted: true, end: at + quoted.length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function endOfWord(text: string, at: number): number {
  let next = at;
  while (next < text.length && !/\s/.test(text[next]!)) next += 1;
  return next;
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (next < text.length && /\s/.test(text[next]!)) next += 1;
  return next;
}

/** `\u{1b}` is a character by its number; before anything else a backslash takes its meaning away. */
const unescaped = (text: string): string =>
  text.replace(/\\(?:u\{([0-9a-f]{1,6})\}|([\s\S]))/gi, (whole, code?: string, plain?: string) =>
    code === undefined
      ? plain!
      : Number.parseInt(code, 16) <= 0x10ffff
        ? String.fromCodePoint(Number.parseInt(code, 16))
        : whole,
  );

/** What can stand without quotes, and be read as nothing else. */
const PLAIN = /^[\p{L}\p{N}_./@][\p{L}\p{N}_./@:-]*$/u;
const UNPRINTED = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A value as a filter has it: always one line without anything that cannot be seen. */
function valueText(value: string): string {
  if (PLAIN.test(value)) return value;
  const escaped = value
    .replace(/["\\]/g, '\\$&')
    .replace(UNPRINTED, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
  return `"${escaped}"`;
}

export const termText = (field: string, value: string, isNegated = false): string =>
  `${isNegated ? '-' : ''}${field}:${valueText(value)}`;

/** Between two moments (ISO 8601). */
export const timeText = ({ from, to }: { from: string; to: string }): string => `time>=${from} time<${to}`;

/** The filter without its terms on a field. */
export function withoutField(text: string, field: string): string {
  const dropped = readTerms(text).terms.filter((term) => term.field === field);
  return dropped
    .reduceRight((rest, { column, end }) => `${rest.slice(0, column - 1)}${rest.slice(end - 1)}`, text)
    .replace(/\s+/g, (blanks) => (blanks.length > 1 ? ' ' : blanks))
    .trim();
}

/** Both filters at once. */
export const bothOf = (...filters: string[]): string =>
  filters.filter((each) => each.trim() !== '').join(' ');
