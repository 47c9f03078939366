import { textLiteral } from '../store/literal.js';
import { EVENT_TABLES } from '../store/schema.js';
import type { Column } from '../store/tables.js';
import { convert, isFitting, kindOf, type MappedValue, type Mapping, wordsOf } from './mapping-values.js';

/** Tables that a mapping may fill: inventories have lists and maps, which it cannot write; nobody's log counts from boot. */
export const MAPPABLE_TABLES = EVENT_TABLES.filter((table) => !/inventory$|^monotonic_/.test(table));

/** What holds for a column that a table has no default for and a mapping may leave out. */
const FALLBACK: Record<string, string> = {
  end_time: 'time',
  view: `'end'`,
  src_endpoint_port: '0',
  dst_endpoint_port: '0',
  connection_info_protocol_name: `''`,
  url_hostname: `''`,
  url_path: `''`,
  http_request_method: `''`,
  process_name: `''`,
  command: `''`,
  answers: '[]',
  media_types: '[]',
  referenced_uids: '[]',
};

export interface Compiled {
  /** Top-level keys that the statement reads. */
  columns: string[];
  fills: string[];
  normalizeSql: string;
}

/** What is wrong with a mapping: the column it is about, and why. */
export interface MappingProblem {
  column: string;
  what: string;
}

/** Columns that are not there, that must be there, or that cannot hold the value they are given. */
export function checkMapping(table: string, columns: Column[], mapping: Mapping): MappingProblem[] {
  const known = new Map(columns.map((column) => [column.name, column]));
  const unknown = Object.keys(mapping)
    .filter((name) => !known.has(name))
    .map((column) => ({
      column,
      what: `${table} has no such column; it has ${[...known.keys()].join(', ')}`,
    }));
  const missing = columns
    .filter(
      ({ name, hasDefault }) => !hasDefault && !Object.hasOwn(FALLBACK, name) && mapping[name] === undefined,
    )
    .map(({ name }) => ({ column: name, what: `${table} needs it: say where it comes from` }));
  const wrong = Object.entries(mapping).flatMap(([column, value]) => {
    const type = known.get(column);
    const words = wordsOf(table, type);
    const given = constantsOf(value).find((word) =>
      words ? !words.includes(String(word)) : type && !isFitting(type, word),
    );
    if (given === undefined) return [];
    return [
      {
        column,
        what: words ? `"${given}" is none of ${words.join(', ')}` : `"${given}" is no ${kindOf(type!).noun}`,
      },
    ];
  });
  // A statement has {{input}} where its rows come from.
  const marked = Object.keys(mapping)
    .filter((column) => JSON.stringify(mapping[column]).includes('{{'))
    .map((column) => ({ column, what: 'no key or value with {{ can be read' }));
  return [...unknown, ...missing, ...wrong, ...marked];
}

const constantsOf = (value: MappedValue): (string | number)[] =>
  typeof value === 'string'
    ? []
    : 'value' in value
      ? [value.value]
      : [...Object.values(value.values ?? {}), ...(value.default === undefined ? [] : [value.default])];

/**
 * The normalize.sql that a mapping stands for. A value that is there and does not fit its column rejects the row; so does
 * the absence of one the table cannot do without. Nothing of a mapping reaches the statement but quoted.
 */
export function compileMapping(table: string, columns: Column[], mapping: Mapping): Compiled {
  const mapped = columns.filter(({ name }) => mapping[name] !== undefined);
  const expressions = mapped.map((column) => ({
    column,
    ...expressionOf(table, column, mapping[column.name]!),
  }));
  const fallbacks = columns.filter(
    ({ name, hasDefault }) => !hasDefault && mapping[name] === undefined && Object.hasOwn(FALLBACK, name),
  );
  const checks = expressions.flatMap(({ checks }) => checks);
  const select = [
    ...expressions.map(({ column, sql }) => `${sql} AS ${column.name}`),
    ...fallbacks.map(({ name }) => `${FALLBACK[name]} AS ${name}`),
    ...(table === 'network_activity' && mapping.has_bytes === undefined
      ? [`${countsBytes(expressions)} AS has_bytes`]
      : []),
    'line_number AS line',
    'raw',
    `multiIf(NOT isValidUTF8(raw), 'not valid UTF-8',\n    ${[...checks, `is_absurd_time(time), 'the time is out of range'`].join(',\n    ')},\n    '') AS reject`,
  ];
  const keys = mapped.flatMap(({ name }) => keysOf(mapping[name]!));
  return {
    columns: [...new Set(keys.flatMap((key) => [key, key.split('.')[0]!]))],
    fills: [table, ...mapped.map(({ name }) => `${table}.${name}`)],
    normalizeSql: `SELECT\n  ${select.join(',\n  ')}\nFROM {{input}}`,
  };
}

const keysOf = (value: MappedValue): string[] =>
  typeof value === 'string' ? [value] : 'from' in value ? [value.from].flat() : [];

interface Expression {
  sql: string;
  /** condition, reason; … of a multiIf */
  checks: string[];
  /** The text the value is made of, NULL where the log does not say. */
  text: string | null;
}

/** Bytes are counted in a row that has them, and unknown in the others. */
function countsBytes(expressions: (Expression & { column: Column })[]): string {
  const texts = expressions
    .filter(({ column, text }) => column.name.startsWith('traffic_bytes_') && text !== null)
    .map(({ text }) => `${text} IS NOT NULL`);
  return texts.length > 0 ? `toUInt8(${texts.join(' OR ')})` : 'toUInt8(0)';
}

function expressionOf(table: string, column: Column, value: MappedValue): Expression {
  if (typeof value !== 'string' && 'value' in value)
    return {
      sql: convert(column, `CAST(${textLiteral(String(value.value))}, 'Nullable(String)')`),
      checks: [],
      text: null,
    };
  const text = textOf(value);
  const name = textLiteral(keysOf(value).join(' or '));
  const kind = kindOf(column);
  const checks: string[] = [];
  const isNeeded = !column.hasDefault && !Object.hasOwn(FALLBACK, column.name);
  if (isNeeded) checks.push(`${text} IS NULL, concat(${name}, ' is missing')`);
  const typed = kind.typed(text, value);
  if (typed !== text)
    checks.push(
      `${text} IS NOT NULL AND ${typed} IS NULL, concat(${name}, ' is no ${kind.noun}: ', ifNull(${text}, ''))`,
    );
  const words = wordsOf(table, column);
  if (words)
    checks.push(
      `${text} IS NOT NULL AND ${text} NOT IN (${words.map(textLiteral).join(', ')}), concat(${name}, ${textLiteral(` is none of ${words.join(', ')} (translate it with values): `)}, ifNull(${text}, ''))`,
    );
  return { sql: convert(column, text, value), checks, text };
}

/** The value as the log writes it, NULL where it says nothing. */
function textOf(value: Exclude<MappedValue, { value: unknown }>): string {
  const texts = keysOf(value).map((key) => `nullIf(${keyText(key)}, '')`);
  let text = texts.length === 1 ? texts[0]! : `coalesce(${texts.join(', ')})`;
  if (typeof value === 'string') return text;
  if (value.match !== undefined)
    text = `nullIf(extract(ifNull(${text}, ''), ${textLiteral(value.match)}), '')`;
  const words = Object.entries(value.values ?? {});
  if (words.length > 0) {
    const list = (texts: (string | number)[]) =>
      `[${texts.map((one) => textLiteral(String(one))).join(', ')}]`;
    text = `if(${text} IS NULL, NULL, transform(ifNull(${text}, ''), ${list(words.map(([from]) => from))}, ${list(words.map(([, to]) => to))}, ifNull(${text}, '')))`;
  }
  return value.default === undefined ? text : `ifNull(${text}, ${textLiteral(String(value.default))})`;
}

const quoted = (key: string): string => `\`${key.replace(/[`\\]/g, '')}\``;

/** `a.b` is the key "a.b" itself, or b inside a. */
function keyText(key: string): string {
  const [first, ...rest] = key.split('.');
  if (rest.length === 0) return quoted(key);
  const path = rest.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : textLiteral(part)));
  const inner = `if(startsWith(ifNull(${quoted(first!)}, ''), '{') OR startsWith(ifNull(${quoted(first!)}, ''), '['), JSONExtract(ifNull(${quoted(first!)}, ''), ${path.join(', ')}, 'Nullable(String)'), NULL)`;
  return `coalesce(${quoted(key)}, ${inner})`;
}
