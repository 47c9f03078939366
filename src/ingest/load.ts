import { Readable } from 'node:stream';
import type { Source } from '../model/source.js';
import { textLiteral } from '../store/literal.js';
import { openLanding, openSpreadLanding, TIMED_TABLES } from '../store/schema.js';
import type { Store } from '../store/store.js';
import { readLines } from './lines.js';
import { type LoadNumbers, loadNumbers } from './load-numbers.js';
import type { PreparedStretch } from './prepare.js';
import { emptyRelation, LOAD_OF_LINE, NUMBER_OF_LINE, rawRelation } from './relation.js';
import { misfit } from './table.js';

export interface Load {
  loadId: number;
  source: Source;
  file: string;
  contentHash: string;
  stretch: PreparedStretch;
}

/**
 * A block holds every line whole, so small blocks keep memory flat whatever the file's size (a third of what the
 * engine's defaults take, at the same speed); mapped files would count as memory, too.
 */
const LOAD_SETTINGS = {
  max_insert_threads: '2',
  max_block_size: '16384',
  min_insert_block_size_rows: '65536',
  min_insert_block_size_bytes: '16000000',
  min_chunk_bytes_for_parallel_parsing: '2000000',
  storage_file_read_method: 'pread',
  // The two views of a landing table work side by side, without gathering what the parallel readers bring: a third
  // less time and a quarter less memory than one after the other.
  parallel_view_processing: 1,
  materialized_views_squash_parallel_inserts: 0,
} as const;

/** Names of the columns a normalize.sql yields: the same in every store, and asked once. */
const columnNames = new WeakMap<Source, Promise<string[]>>();

/** Sends stretches through their source's normalize.sql into the landing table, which sorts rows into the event table or dead_letter. */
export class Loader {
  readonly #landings = new Map<string, Promise<void>>();
  readonly numbers: LoadNumbers;
  /** Of a cluster, the nodes take turns: they read the lines. One that failed is not asked again before the others. */
  readonly #nodes: readonly Store[];
  #turn: number;

  /** @param keptDays events that are older are not kept, so that they are rejected here, as are those of a day that has not come */
  constructor(
    readonly store: Store,
    readonly keptDays: number | null = null,
  ) {
    this.numbers = loadNumbers(store);
    this.#nodes = store.shards?.nodes ?? [store];
    this.#turn = Math.floor(Math.random() * this.#nodes.length);
  }

  /** Gets ready for loads of a source, once; worth calling as soon as one is foreseen. Fails when they would. */
  async expect(source: Source): Promise<string[]> {
    const [columns] = await Promise.all([
      once(columnNames, source, () => this.#describe(source)),
      once(this.#landings, `${this.#turn} ${source.into}`, () => this.#openLanding(source.into)),
    ]);
    return columns;
  }

  #openLanding(table: string): Promise<void> {
    const { shards } = this.store;
    return shards === null
      ? openLanding(this.store, table)
      : openSpreadLanding(this.#node, shards.nodes, table);
  }

  get #node(): Store {
    return this.#nodes[this.#turn]!;
  }

  /** All loads must be of one source and under one header. */
  async load(loads: Load[]): Promise<void> {
    try {
      await this.#load(loads);
    } catch (error) {
      this.#turn = (this.#turn + 1) % this.#nodes.length;
      throw error;
    }
  }

  async #load(loads: Load[]): Promise<void> {
    const { source, stretch } = loads[0]!;
    const columns = await this.expect(source);
    const node = this.#node;
    const normalized = source.normalizeSql.replaceAll('{{input}}', () =>
      rawRelation(source, loads, this.store),
    );
    const isRow = source.comments
      ? `NOT startsWith(raw, '#') AND NOT match(raw, ${textLiteral(source.comments)})`
      : `NOT startsWith(raw, '#')`;
    const expressions: Record<string, string> = {
      line: NUMBER_OF_LINE,
      reject: this.#rejectIfNotKept(source, rejectIfCut(stretch)),
    };
    const selected = columns.map((column) => expressions[column] ?? column).join(', ');
    const names = columns.join(', ');
    // Twins of one file are counted before they collapse, so that read = stored + rejected holds.
    const sql = `INSERT INTO landing_${source.into} (${names}, source, load_id, file) SETTINGS optimize_on_insert = 0
    SELECT ${selected}, {source:String}, ${LOAD_OF_LINE} AS load, transform(load, {ids:Array(UInt32)}, {files:Array(String)}, '')
    FROM (${normalized}) WHERE ${isRow}`;
    const parameters = {
      source: source.id,
      ids: loads.map((load) => load.loadId),
      files: loads.map((load) => load.file),
    };
    if (node.kind === 'embedded') {
      await node.run(sql, parameters, LOAD_SETTINGS);
    } else {
      const lines = numberedLines(loads.map((load) => load.stretch.plainPath));
      await node.insertLines(sql, parameters, lines);
    }
  }

  /** Forged dates would else make a part of a table each, and be read in every question. */
  #rejectIfNotKept({ into }: Source, reject: string): string {
    if (this.keptDays === null || !TIMED_TABLES.some((table) => table === into)) return reject;
    return `coalesce(nullIf(${reject}, ''), multiIf(
      time < now64(6) - INTERVAL ${this.keptDays} DAY, concat('its time is ', toString(time), ', and events are kept for ${this.keptDays} days: a hunt reads old logs'),
      time > now64(6) + INTERVAL 1 DAY, concat('its time is ', toString(time), ', more than a day ahead: set the clock of what wrote it'), ''))`;
  }

  async #describe(source: Source): Promise<string[]> {
    const sql = source.normalizeSql.replaceAll('{{input}}', () => emptyRelation(source));
    const described = await this.store.rows<{ name: string }>(`DESCRIBE (${sql})`);
    return described.map((column) => column.name);
  }
}

interface Done<K, T> {
  get(key: K): Promise<T> | undefined;
  set(key: K, value: Promise<T>): unknown;
  delete(key: K): unknown;
}

function once<K, T>(done: Done<K, T>, key: K, work: () => Promise<T>): Promise<T> {
  const known = done.get(key) ?? work();
  done.set(key, known);
  known.catch(() => done.delete(key));
  return known;
}

/** Rows of the stretch, less the lines its format has beside rows. */
export async function countRows(load: Load): Promise<number> {
  const { source, stretch } = load;
  if (!source.comments || source.comments === '^#') return stretch.rows;
  const comments = new RegExp(source.comments);
  const header = stretch.table?.line;
  let rows = 0;
  for await (const bytes of readLines(stretch.plainPath)) {
    const line = bytes.toString('utf8');
    if (line !== '' && line !== header && !line.startsWith('#') && !comments.test(line)) rows += 1;
  }
  return rows;
}

/** A TSV row with fewer fields than its header was cut off or lacks a column: its last number may be half of one, its values shifted. */
function rejectIfCut({ header, table }: PreparedStretch): string {
  if (table) return `coalesce(nullIf(${misfit(table, 'raw')}, ''), reject)`;
  if (!header) return 'reject';
  const count = `length(splitByString(${textLiteral(header.separator)}, raw))`;
  return `if(${count} < ${header.fields.length}, concat('cut off or shifted: ', toString(${count}), ' of ${header.fields.length} fields'), reject)`;
}

/** "2\t17\t<line>" for line 17 of the second file, 1-based. */
function numberedLines(paths: string[]): Readable {
  async function* number(): AsyncIterable<Buffer> {
    for (const [index, path] of paths.entries()) {
      let count = 0;
      for await (const line of readLines(path)) {
        count += 1;
        yield Buffer.concat([Buffer.from(`${index + 1}\t${count}\t`), line, NEWLINE]);
      }
    }
  }
  return Readable.from(number(), { objectMode: false });
}

const NEWLINE = Buffer.from('\n');
