import type { Source } from '../model/source.js';
import { textLiteral } from '../store/literal.js';

/** Columns of a text log, by place: from its own header line, or known from its format. */
export interface Table {
  /** The header line as it stands; '' where the columns are known without one. */
  line: string;
  fields: string[];
  separator: ' ' | ',' | '\t';
}

/** A header longer than this is none. */
const MAX_HEADER_BYTES = 8 * 1024;
const QUOTE = 34;

/** Account_ID and account-id are one name: exports of one product differ in this alone. */
const plainName = (name: string): string => name.trim().toLowerCase().replaceAll('_', '-');

export const hasField = (table: Table, name: string): boolean => placeOf(table, name) !== -1;

const placeOf = (table: Table, name: string): number =>
  table.fields.findIndex((field) => plainName(field) === plainName(name));

/** Finds the header lines of the sources that have tables. Asked of every line of every log, so that most are told by two bytes. */
export class HeaderFinder {
  readonly #starts = new Set<number>();
  readonly #required: string[][] = [];

  constructor(sources: Source[]) {
    for (const { recognize, columns } of sources) {
      for (const one of recognize) {
        if (!('table' in one) || !('header' in one.table)) continue;
        this.#required.push(one.table.header.map(plainName));
        for (const name of [...one.table.header, ...columns]) this.#starts.add(startOf(Buffer.from(name), 0));
      }
    }
  }

  find(chunk: Buffer, start: number, end: number): Table | null {
    if (end - start > MAX_HEADER_BYTES) return null;
    const isQuoted = chunk[start] === QUOTE;
    if (!this.#starts.has(startOf(chunk, isQuoted ? start + 1 : start))) return null;
    const line = chunk.toString('utf8', start, end).replace(/\r$/, '');
    // The engine finds the line again by its bytes: one that is not valid UTF-8 would differ.
    if (line.includes('\uFFFD')) return null;
    const separator = line.includes('\t') ? '\t' : line.includes(',') ? ',' : ' ';
    const fields = splitRow(line, separator).map((name) => name.trim());
    const names = new Set(fields.map(plainName));
    const isHeader = this.#required.some((required) => required.every((name) => names.has(name)));
    return isHeader ? { line, fields, separator } : null;
  }
}

/** The first two bytes in lower case: enough to pass by nearly every row. */
const startOf = (bytes: Buffer, at: number): number =>
  (((bytes[at] ?? 0) | 0x20) << 8) | ((bytes[at + 1] ?? 0) | 0x20);

/** As ROW_FIELDS does it in SQL. */
export function splitRow(line: string, separator: Table['separator']): string[] {
  if (separator !== ',' || !line.includes('"')) return line.split(separator);
  return [...`,${line}`.matchAll(/,((?:"(?:[^"]|"")*"|[^,])*)/g)].map(([, field]) =>
    /^".*"$/s.test(field!) ? field!.slice(1, -1).replaceAll('""', '"') : field!,
  );
}

/** The fields of a row as an array. A comma within quotes belongs to its value, two quotes there are one. */
export function rowFields({ separator }: Table, line: string): string {
  const split = `splitByChar(${textLiteral(separator)}, ${line})`;
  if (separator !== ',') return split;
  return `if(position(${line}, '"') = 0, ${split}, arrayMap(
    x -> if(length(x) > 1 AND startsWith(x, '"') AND endsWith(x, '"'), replaceAll(substring(x, 2, length(x) - 2), '""', '"'), x),
    extractAll(concat(',', ${line}), ',((?:"(?:[^"]|"")*"|[^,])*)')))`;
}

/** Columns by name; what the header does not name is NULL, and so is an empty value and "-". */
export function tableColumns(source: Source, table: Table, lines: string): string {
  const columns = source.columns.map((name) => {
    const place = placeOf(table, name) + 1;
    const value =
      place === 0
        ? `CAST(NULL, 'Nullable(String)')`
        : `if(values[${place}] IN ('', '-'), NULL, values[${place}])`;
    return `${value} AS \`${name.replace(/[`\\]/g, '')}\``;
  });
  return `(SELECT line_number, raw, ${columns.join(', ')} FROM (
    SELECT line_number, line AS raw, arrayMap(x -> trimBoth(x), ${rowFields(table, 'line')}) AS values
    FROM ${lines} WHERE NOT startsWith(line, '#') AND line != ${textLiteral(table.line)}))`;
}

/** SQL: why a row does not fit under its header; '' when it does. Its values would be somebody else's. */
export function misfit(table: Table, line: string): string {
  const count = `length(${rowFields(table, line)})`;
  return `if(${count} != ${table.fields.length}, concat('cut off or shifted: ', toString(${count}), ' of ${table.fields.length} fields'), '')`;
}
