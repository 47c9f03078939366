import type { InputProblem, InputSummary } from '../model/hunt-result.js';
import type { Source } from '../model/source.js';
import { EVENT_TABLES } from '../store/schema.js';
import type { Store } from '../store/store.js';
import { type ColumnCache, countRows, type Load, loadStretch } from './load.js';
import { prepare, type Spool } from './prepare.js';
import { recognize } from './recognize.js';
import { walk } from './walk.js';

export interface IngestOptions {
  paths: string[];
  sources: Source[];
  spool: Spool;
  /** Rows of a known-good period: they feed baselines and are never judged. */
  isBaseline?: boolean;
  /** Called after each file. */
  onProgress?: (progress: { files: number; bytes: number; rows: number }) => void;
  /** True once the user asked to stop: what was read so far stays. */
  shouldStop?: () => boolean;
}

export interface IngestResult {
  inputs: InputSummary[];
  problems: InputProblem[];
  /** Loads whose rows do not add up: a defect of ours, never silent. */
  mismatches: string[];
}

/** Reads every log under the paths into the store: walk, prepare, recognise, load, then account for every row. */
export async function ingest(store: Store, options: IngestOptions): Promise<IngestResult> {
  const { files, problems } = await walk(options.paths);
  const cache: ColumnCache = new Map();
  const loads: (Load & { rows: number })[] = [];
  let nextId = 1 + ((await store.rows<{ id: number }>('SELECT max(load_id) AS id FROM load'))[0]?.id ?? 0);
  const known = new Map(
    (await store.rows<{ content_hash: string; file: string }>('SELECT content_hash, file FROM load')).map(
      (row) => [row.content_hash, row.file],
    ),
  );
  for (const table of EVENT_TABLES) await store.run(`SYSTEM STOP MERGES ${table}`);
  let bytes = 0;
  let done = 0;
  for (const file of files) {
    if (options.shouldStop?.()) break;
    const prepared = await prepare(file, options.spool);
    problems.push(...prepared.problems);
    const twin = known.get(prepared.contentHash);
    if (twin !== undefined) {
      problems.push({
        where: file.path,
        what: `same content as ${twin}`,
        advice: 'read once',
        level: 'note',
      });
      continue;
    }
    if (prepared.stretches.length > 0) known.set(prepared.contentHash, file.path);
    for (const stretch of prepared.stretches) {
      const recognition = recognize(stretch, options.sources);
      if (!recognition) {
        const place = prepared.stretches.length > 1 ? `${file.path}:${stretch.firstLine}` : file.path;
        problems.push({
          where: place,
          what: 'not a log Stowaway knows',
          advice: '`stowaway sources list` names what is read',
          level: 'note',
        });
        continue;
      }
      const load: Load = {
        loadId: nextId++,
        source: recognition.source,
        file: file.path,
        contentHash: prepared.contentHash,
        stretch,
      };
      try {
        await loadStretch(store, load, cache);
      } catch (error) {
        problems.push({
          where: file.path,
          what: `could not be loaded as ${recognition.source.id}: ${firstLine(error)}`,
          advice: 'report this with the first lines of the log',
          level: 'error',
        });
        continue;
      }
      loads.push({ ...load, rows: await countRows(load) });
    }
    bytes += file.bytes;
    done += 1;
    options.onProgress?.({ files: done, bytes, rows: loads.reduce((sum, load) => sum + load.rows, 0) });
  }
  return { ...(await account(store, loads, options.isBaseline ?? false)), problems };
}

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0]!.slice(0, 300);

/** Compares rows read with rows stored plus rows rejected, load by load, then removes what was read twice. */
async function account(
  store: Store,
  loads: (Load & { rows: number })[],
  isBaseline: boolean,
): Promise<Omit<IngestResult, 'problems'>> {
  const ids = loads.map((load) => load.loadId);
  const stored = new Map<number, { rows: number; from: string; to: string }>();
  for (const table of new Set(loads.map((load) => load.source.into))) {
    for (const row of await countByLoad(store, table, ids)) stored.set(row.load_id, row);
  }
  const rejectedRows = await store.rows<{ load_id: number; rows: number }>(
    'SELECT load_id, count() AS rows FROM dead_letter WHERE load_id IN {ids:Array(UInt32)} GROUP BY load_id',
    { ids },
  );
  const rejected = new Map(rejectedRows.map((row) => [row.load_id, row.rows]));
  const mismatches: string[] = [];
  for (const load of loads) {
    const good = stored.get(load.loadId)?.rows ?? 0;
    const bad = rejected.get(load.loadId) ?? 0;
    if (good + bad !== load.rows) {
      mismatches.push(
        `${load.file}: ${load.rows} rows read as ${load.source.id}, but ${good} stored and ${bad} rejected`,
      );
    }
    await store.run(
      `INSERT INTO load (load_id, source, file, content_hash, rows_read, rows_stored, rows_rejected, is_baseline) VALUES
       ({id:UInt32}, {source:String}, {file:String}, {hash:String}, {read:UInt64}, {stored:UInt64}, {rejected:UInt64}, {baseline:UInt8})`,
      {
        id: load.loadId,
        source: load.source.id,
        file: load.file,
        hash: load.contentHash,
        read: load.rows,
        stored: good,
        rejected: bad,
        baseline: isBaseline ? 1 : 0,
      },
    );
  }
  const duplicates = await removeDuplicates(store, loads);
  return { inputs: summarize(loads, stored, rejected, duplicates), mismatches };
}

const timeColumn = (table: string): string =>
  table === 'container_inventory' ? 'valid_from' : /_inventory$|^monotonic/.test(table) ? '' : 'time';

function countByLoad(store: Store, table: string, ids: number[]) {
  const time = timeColumn(table);
  const span = time
    ? `, toString(min(${time})) AS from, toString(max(${time})) AS to`
    : `, '' AS from, '' AS to`;
  return store.rows<{ load_id: number; rows: number; from: string; to: string }>(
    `SELECT load_id, count() AS rows${span} FROM ${table} WHERE load_id IN {ids:Array(UInt32)} GROUP BY load_id`,
    { ids },
  );
}

/** Rows of overlapping logs collapse; the count per source is what the summary shows. */
async function removeDuplicates(store: Store, loads: Load[]): Promise<Map<string, number>> {
  const duplicates = new Map<string, number>();
  for (const table of new Set(loads.map((load) => load.source.into))) {
    await store.run(`SYSTEM START MERGES ${table}`);
    const isSingle =
      loads.filter((load) => load.source.into === table).length === 1 &&
      loads.every((load) => load.loadId !== 0);
    if (isSingle && (await tableLoads(store, table)) === 1) continue;
    const before = await countBySource(store, table);
    await store.run(`OPTIMIZE TABLE ${table} FINAL`);
    const after = await countBySource(store, table);
    for (const [source, rows] of before) duplicates.set(source, rows - (after.get(source) ?? 0));
  }
  return duplicates;
}

async function tableLoads(store: Store, table: string): Promise<number> {
  return (await store.rows<{ n: number }>(`SELECT uniqExact(load_id) AS n FROM ${table}`))[0]!.n;
}

async function countBySource(store: Store, table: string): Promise<Map<string, number>> {
  const rows = await store.rows<{ source: string; rows: number }>(
    `SELECT source, count() AS rows FROM ${table} GROUP BY source`,
  );
  return new Map(rows.map((row) => [row.source, row.rows]));
}

function summarize(
  loads: (Load & { rows: number })[],
  stored: Map<number, { rows: number; from: string; to: string }>,
  rejected: Map<number, number>,
  duplicates: Map<string, number>,
): InputSummary[] {
  const bySource = new Map<string, InputSummary>();
  for (const load of loads) {
    const id = load.source.id;
    const summary = bySource.get(id) ?? {
      source: id,
      files: 0,
      events: 0,
      rejected: 0,
      duplicates: duplicates.get(id) ?? 0,
      from: null,
      to: null,
    };
    const good = stored.get(load.loadId);
    summary.files += 1;
    summary.events += good?.rows ?? 0;
    summary.rejected += rejected.get(load.loadId) ?? 0;
    if (good?.from) {
      const from = toIso(good.from);
      const to = toIso(good.to);
      summary.from = summary.from === null || from < summary.from ? from : summary.from;
      summary.to = summary.to === null || to > summary.to ? to : summary.to;
    }
    bySource.set(id, summary);
  }
  for (const summary of bySource.values()) summary.events -= summary.duplicates;
  return [...bySource.values()].sort((a, b) => a.source.localeCompare(b.source));
}

/** "2026-11-21 03:34:27.988677" to ISO 8601 UTC. */
export const toIso = (text: string): string => `${text.replace(' ', 'T')}Z`;
