import { Readable } from 'node:stream';
import type { Source } from '../model/source.js';
import type { Store } from '../store/store.js';
import { readLines } from './lines.js';
import type { PreparedStretch } from './prepare.js';
import { emptyRelation, literal, rawRelation } from './relation.js';

export interface Load {
  loadId: number;
  source: Source;
  file: string;
  contentHash: string;
  stretch: PreparedStretch;
}

/**
 * Smaller blocks than the engine's default keep memory flat whatever the file's size: a block holds every line whole.
 * Duplicates within a block stay until they are counted.
 */
const LOAD_SETTINGS = {
  optimize_on_insert: 0,
  max_insert_threads: '2',
  min_insert_block_size_rows: '262144',
  min_insert_block_size_bytes: '100000000',
} as const;

/** Names of the columns a source's normalize.sql yields; asked once per source. */
export type ColumnCache = Map<string, string[]>;

/**
 * Sends one stretch through its source's normalize.sql into the landing table, which sorts rows into
 * the event table or dead_letter.
 */
export async function loadStretch(store: Store, load: Load, cache: ColumnCache): Promise<void> {
  const { source, stretch } = load;
  const columns = await columnsOf(store, source, cache);
  const normalized = source.normalizeSql.replaceAll('{{input}}', rawRelation(source, stretch, store));
  const isRow = source.comments
    ? `NOT startsWith(raw, '#') AND NOT match(raw, ${literal(source.comments)})`
    : `NOT startsWith(raw, '#')`;
  // Twins of one file are counted before they collapse, so that read = stored + rejected holds.
  const sql = `INSERT INTO landing_${source.into} (${columns.join(', ')}, source, load_id, file) SETTINGS optimize_on_insert = 0
    SELECT ${columns.map((column) => (column === 'reject' ? rejectIfCut(load) : column)).join(', ')}, {source:String}, {load_id:UInt32}, {file:String}
    FROM (${normalized}) WHERE ${isRow}`;
  const parameters = { source: source.id, load_id: load.loadId, file: load.file };
  if (store.kind === 'embedded') {
    await store.run(sql, parameters, LOAD_SETTINGS);
  } else {
    await store.insertLines(sql, parameters, numberedLines(stretch.plainPath));
  }
}

/** Rows of the stretch, less the lines its format has beside rows. */
export async function countRows(load: Load): Promise<number> {
  const { source, stretch } = load;
  if (!source.comments || source.comments === '^#') return stretch.rows;
  const comments = new RegExp(source.comments);
  let rows = 0;
  for await (const bytes of readLines(stretch.plainPath)) {
    const line = bytes.toString('utf8');
    if (line !== '' && !line.startsWith('#') && !comments.test(line)) rows += 1;
  }
  return rows;
}

/** A TSV row with fewer fields than its header was cut off or lacks a column: its last number may be half of one, its values shifted. */
function rejectIfCut({ stretch }: Load): string {
  if (!stretch.header) return 'reject';
  const { separator, fields } = stretch.header;
  const count = `length(splitByString(${literal(separator)}, raw))`;
  return `if(${count} < ${fields.length}, concat('cut off or shifted: ', toString(${count}), ' of ${fields.length} fields'), reject) AS reject`;
}

async function columnsOf(store: Store, source: Source, cache: ColumnCache): Promise<string[]> {
  const known = cache.get(source.id);
  if (known) return known;
  const sql = source.normalizeSql.replaceAll('{{input}}', emptyRelation(source));
  const described = await store.rows<{ name: string }>(`DESCRIBE (${sql})`);
  const columns = described.map((column) => column.name);
  cache.set(source.id, columns);
  return columns;
}

/** "17\t<line>" per line, with 1-based numbers. */
function numberedLines(path: string): Readable {
  async function* number(): AsyncIterable<Buffer> {
    let count = 0;
    for await (const line of readLines(path)) {
      count += 1;
      yield Buffer.concat([Buffer.from(`${count}\t`), line, NEWLINE]);
    }
  }
  return Readable.from(number(), { objectMode: false });
}

const NEWLINE = Buffer.from('\n');
