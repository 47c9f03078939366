import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Source } from '../model/source.js';
import type { Store } from '../store/store.js';
import type { PreparedStretch } from './prepare.js';
import { emptyRelation, literal, rawRelation } from './relation.js';

export interface Load {
  loadId: number;
  source: Source;
  file: string;
  contentHash: string;
  stretch: PreparedStretch;
}

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
  const sql = `INSERT INTO landing_${source.into} (${columns.join(', ')}, source, load_id, file)
    SELECT ${columns.join(', ')}, {source:String}, {load_id:UInt32}, {file:String} FROM (${normalized}) WHERE ${isRow}`;
  const parameters = { source: source.id, load_id: load.loadId, file: load.file };
  if (store.kind === 'embedded') {
    await store.run(sql, parameters, { optimize_on_insert: 0, max_insert_threads: '2' });
  } else {
    await store.insertLines(sql, parameters, numberedLines(stretch.plainPath));
  }
}

/** Rows of the stretch, less the lines its format has beside rows. */
export async function countRows(store: Store, load: Load): Promise<number> {
  const { source, stretch } = load;
  if (!source.comments || source.comments === '^#') return stretch.rows;
  const comments = new RegExp(source.comments);
  let rows = 0;
  for await (const line of createInterface({
    input: createReadStream(stretch.plainPath),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (line !== '' && !line.startsWith('#') && !comments.test(line)) rows += 1;
  }
  return rows;
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
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  async function* number(): AsyncIterable<string> {
    let count = 0;
    for await (const line of lines) {
      count += 1;
      yield `${count}\t${line}\n`;
    }
  }
  return Readable.from(number());
}
