import type { Source } from '../model/source.js';
import type { Store } from '../store/store.js';
import type { PreparedStretch } from './prepare.js';

/** A SQL string literal. Used for our own paths and header values only; values of logs never become SQL. */
export const literal = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

const identifier = (name: string): string => `\`${name.replace(/[`\\]/g, '')}\``;

/**
 * The raw relation a normalize.sql selects from: `line_number`, `raw` (the line) and each declared column as
 * Nullable(String). Strings, so that a number that does not fit is seen and rejected instead of wrapped.
 */
export function rawRelation(source: Source, stretch: PreparedStretch, store: Store): string {
  const lines = store.kind === 'embedded' ? fileLines(stretch) : streamedLines(stretch);
  if (source.columns.length === 0) return `(SELECT line_number, line AS raw FROM ${lines})`;
  return stretch.header ? zeekColumns(source, stretch, lines) : jsonColumns(source, lines);
}

/** The same columns without a log: for asking which columns a normalize.sql yields. */
export function emptyRelation(source: Source): string {
  const columns = source.columns
    .map((name) => `, CAST(NULL, 'Nullable(String)') AS ${identifier(name)}`)
    .join('');
  return `(SELECT toUInt32(1) AS line_number, '' AS raw${columns})`;
}

function fileLines(stretch: PreparedStretch): string {
  return `(SELECT toUInt32(_row_number + ${stretch.firstLine}) AS line_number,
    if(endsWith(text, '\\r'), substring(text, 1, length(text) - 1), text) AS line
    FROM file(${literal(stretch.plainPath)}, 'LineAsString', 'text String', 'none') WHERE line != '')`;
}

/** Lines sent to a server carry their number in front, since a stream has none. */
function streamedLines(stretch: PreparedStretch): string {
  return `(SELECT toUInt32(toUInt32OrZero(substring(numbered, 1, position(numbered, '\\t') - 1)) + ${stretch.firstLine - 1}) AS line_number,
    substring(numbered, position(numbered, '\\t') + 1) AS line FROM input('numbered String') WHERE line NOT IN ('', '\\r'))`;
}

function jsonColumns(source: Source, lines: string): string {
  const type = `Tuple(${source.columns.map((name) => `${identifier(name)} Nullable(String)`).join(', ')})`;
  const columns = source.columns.map(
    (name, index) => `tupleElement(record, ${index + 1}) AS ${identifier(name)}`,
  );
  return `(SELECT line_number, raw, ${columns.join(', ')} FROM (
    SELECT line_number, line AS raw, JSONExtract(line, ${literal(type)}) AS record FROM ${lines} WHERE NOT startsWith(line, '#')))`;
}

/**
 * Columns by their place under #fields; what the header does not name is NULL, as is the unset mark. Sets and vectors
 * become JSON arrays, as in Zeek's JSON logs: an element may hold a separator, which only shows before unescaping.
 */
function zeekColumns(source: Source, stretch: PreparedStretch, lines: string): string {
  const header = stretch.header!;
  const columns = source.columns.map((name) => {
    if (name === '_path') return `CAST(${literal(header.path)}, 'Nullable(String)') AS ${identifier(name)}`;
    const index = header.fields.indexOf(name);
    if (index === -1) return `CAST(NULL, 'Nullable(String)') AS ${identifier(name)}`;
    const isList = /^(set|vector)\[/.test(header.types[index] ?? '');
    const elements = `splitByString(${literal(header.setSeparator)}, fields[${index + 1}])`;
    const value = isList
      ? `if(values[${index + 1}] = '', '[]', toJSONString(arrayMap(x -> unescape_zeek(x), ${elements})))`
      : `values[${index + 1}]`;
    return `if(is_set[${index + 1}], ${value}, NULL) AS ${identifier(name)}`;
  });
  // Worked out once a row, not once a column: the statement stays small, and so quick to plan for each of many files.
  return `(SELECT line_number, raw, ${columns.join(', ')} FROM (
    SELECT line_number, line AS raw, splitByString(${literal(header.separator)}, line) AS fields,
      arrayMap(x -> x != ${literal(header.unset)}, fields) AS is_set,
      arrayMap(x -> if(x = ${literal(header.empty)}, '', unescape_zeek(x)), fields) AS values
    FROM ${lines} WHERE NOT startsWith(line, '#')))`;
}
