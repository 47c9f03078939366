import { basename, dirname } from 'node:path';
import type { Source } from '../model/source.js';
import { textLiteral } from '../store/literal.js';
import type { Store } from '../store/store.js';
import type { PreparedStretch } from './prepare.js';
import type { ZeekHeader } from './scan.js';
import { tableColumns } from './table.js';

const identifier = (name: string): string => `\`${name.replace(/[`\\]/g, '')}\``;

/** Lines of one stretch, and the load they belong to. */
export interface NumberedStretch {
  loadId: number;
  stretch: PreparedStretch;
}

/**
 * The raw relation a normalize.sql selects from: `line_number`, `raw` (the line) and each declared column as
 * Nullable(String). Strings, so that a number that does not fit is seen and rejected instead of wrapped.
 *
 * `line_number` carries the load in its upper 32 bits, so that many small files are read by one statement and lines of
 * two files are never neighbours. All stretches must have the same header.
 */
export function rawRelation(source: Source, stretches: NumberedStretch[], store: Store): string {
  const lines = store.kind === 'embedded' ? fileLines(stretches) : streamedLines(stretches);
  if (source.columns.length === 0) return `(SELECT line_number, line AS raw FROM ${lines})`;
  const { header, table } = stretches[0]!.stretch;
  if (table) return tableColumns(source, table, lines);
  return header ? zeekColumns(source, header, lines) : jsonColumns(source, lines);
}

/** The load a line belongs to, and its number in the file. */
export const LOAD_OF_LINE = 'toUInt32(bitShiftRight(toUInt64(line), 32))';
export const NUMBER_OF_LINE = 'toUInt32(bitAnd(toUInt64(line), 4294967295))';

/** The same columns without a log: for asking which columns a normalize.sql yields. */
export function emptyRelation(source: Source): string {
  const columns = source.columns
    .map((name) => `, CAST(NULL, 'Nullable(String)') AS ${identifier(name)}`)
    .join('');
  return `(SELECT toUInt64(1) AS line_number, '' AS raw${columns})`;
}

/** What to add to a line's place in its file: the load above, and the first line of the stretch. */
const offsetOf = ({ loadId, stretch }: NumberedStretch): bigint =>
  (BigInt(loadId) << 32n) + BigInt(stretch.firstLine - 1);

function fileLines(stretches: NumberedStretch[]): string {
  const paths = stretches.map(({ stretch }) => stretch.plainPath);
  const folder = dirname(paths[0]!);
  const names = paths.map((path) => basename(path));
  const path = names.length === 1 ? paths[0]! : `${folder}/{${names.join(',')}}`;
  const offsets = stretches.map((one) => `toUInt64(${offsetOf(one)})`);
  const offset =
    names.length === 1
      ? offsets[0]!
      : `transform(toString(_file), [${names.map(textLiteral).join(', ')}], [${offsets.join(', ')}], toUInt64(0))`;
  return `(SELECT toUInt64(_row_number + 1) + ${offset} AS line_number,
    if(endsWith(text, '\\r'), substring(text, 1, length(text) - 1), text) AS line
    FROM file(${textLiteral(path)}, 'LineAsString', 'text String', 'none') WHERE line != '')`;
}

/** Lines sent to a server carry their number in front, since a stream has none. */
function streamedLines(stretches: NumberedStretch[]): string {
  const offsets = stretches.map((one) => `toUInt64(${offsetOf(one)})`);
  const tab = (from: string) => `position(numbered, '\\t'${from})`;
  return `(SELECT toUInt64OrZero(substring(numbered, ${tab('')} + 1, ${tab(`, ${tab('')} + 1`)} - ${tab('')} - 1)) + [${offsets.join(', ')}][toUInt32OrZero(substring(numbered, 1, ${tab('')} - 1))] AS line_number,
    substring(numbered, ${tab(`, ${tab('')} + 1`)} + 1) AS line FROM input('numbered String') WHERE line NOT IN ('', '\\r'))`;
}

function jsonColumns(source: Source, lines: string): string {
  const type = `Tuple(${source.columns.map((name) => `${identifier(name)} Nullable(String)`).join(', ')})`;
  const columns = source.columns.map(
    (name, index) => `tupleElement(record, ${index + 1}) AS ${identifier(name)}`,
  );
  return `(SELECT line_number, raw, ${columns.join(', ')} FROM (
    SELECT line_number, line AS raw, JSONExtract(line, ${textLiteral(type)}) AS record FROM ${lines} WHERE NOT startsWith(line, '#')))`;
}

/**
 * Columns by their place under #fields; what the header does not name is NULL, as is the unset mark. Sets and vectors
 * become JSON arrays, as in Zeek's JSON logs: an element may hold a separator, which only shows before unescaping.
 */
function zeekColumns(source: Source, header: ZeekHeader, lines: string): string {
  const columns = source.columns.map((name) => {
    if (name === '_path')
      return `CAST(${textLiteral(header.path)}, 'Nullable(String)') AS ${identifier(name)}`;
    const index = header.fields.indexOf(name);
    if (index === -1) return `CAST(NULL, 'Nullable(String)') AS ${identifier(name)}`;
    const isList = /^(set|vector)\[/.test(header.types[index] ?? '');
    const elements = `splitByString(${textLiteral(header.setSeparator)}, fields[${index + 1}])`;
    const value = isList
      ? `if(values[${index + 1}] = '', '[]', toJSONString(arrayMap(x -> unescape_zeek(x), ${elements})))`
      : `values[${index + 1}]`;
    return `if(is_set[${index + 1}], ${value}, NULL) AS ${identifier(name)}`;
  });
  // Worked out once a row, not once a column: the statement stays small, and so quick to plan for each of many files.
  return `(SELECT line_number, raw, ${columns.join(', ')} FROM (
    SELECT line_number, line AS raw, splitByString(${textLiteral(header.separator)}, line) AS fields,
      arrayMap(x -> x != ${textLiteral(header.unset)}, fields) AS is_set,
      arrayMap(x -> if(x = ${textLiteral(header.empty)}, '', unescape_zeek(x)), fields) AS values
    FROM ${lines} WHERE NOT startsWith(line, '#')))`;
}
