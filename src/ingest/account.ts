import type { InputSummary } from '../model/hunt-result.js';
import { timeColumn } from '../store/schema.js';
import { allParts } from '../store/sharding.js';
import type { Store } from '../store/store.js';
import type { IngestOptions } from './ingest.js';
import type { LoadedRows } from './load-queue.js';

interface Accounting extends Pick<IngestOptions, 'beforeNoted'> {
  isBaseline: boolean;
  goesOn: boolean;
}

/** Compares rows read with rows stored plus rows rejected, load by load, then removes what was read twice or, where logs go on, lets it collapse by and by. */
export async function account(
  store: Store,
  loads: LoadedRows[],
  { isBaseline, goesOn, beforeNoted }: Accounting,
): Promise<{ inputs: InputSummary[]; mismatches: string[] }> {
  const ids = loads.map((load) => load.loadId);
  const tables = [...new Set(loads.map((load) => load.source.into))];
  const counts = await (store.shards === null ? countByLoad(store, tables, ids) : countAsStored(store, ids));
  const stored = new Map(counts.filter((row) => !row.is_rejected).map((row) => [row.load_id, row]));
  const rejected = new Map(counts.filter((row) => row.is_rejected).map((row) => [row.load_id, row.rows]));
  const mismatches: string[] = [];
  const records = loads.map((load) => {
    const good = stored.get(load.loadId)?.rows ?? 0;
    const bad = rejected.get(load.loadId) ?? 0;
    if (good + bad !== load.rows) {
      mismatches.push(
        `${load.file}: ${load.rows} rows read as ${load.source.id}, but ${good} stored and ${bad} rejected`,
      );
    }
    return {
      load_id: load.loadId,
      source: load.source.id,
      file: load.file,
      content_hash: load.contentHash,
      rows_read: load.rows,
      rows_stored: good,
      rows_rejected: bad,
      is_baseline: Number(isBaseline),
    };
  });
  // Where logs go on, a file of which a part does not add up is loaded again: no part of it may be known as read.
  const broken = new Set(
    records.flatMap((one) =>
      one.rows_read === one.rows_stored + one.rows_rejected ? [] : [one.content_hash],
    ),
  );
  await beforeNoted?.(ids);
  await store.insert(
    'load',
    goesOn ? records.filter(({ content_hash }) => !broken.has(content_hash)) : records,
  );
  const duplicates = goesOn ? await startMerges(store, tables) : await removeDuplicates(store, tables);
  return { inputs: summarize(loads, stored, rejected, duplicates), mismatches };
}

interface LoadCount {
  load_id: number;
  is_rejected: number;
  rows: number;
  from: string;
  to: string;
}

/** One statement for all tables: planning each costs more than counting. */
function countByLoad(store: Store, tables: string[], ids: number[]): Promise<LoadCount[]> {
  const span = (column: string) =>
    column ? `toString(min(${column})) AS from, toString(max(${column})) AS to` : `'' AS from, '' AS to`;
  const parts = [...tables, 'dead_letter'].map(
    (table) =>
      `SELECT load_id, toUInt8(${table === 'dead_letter' ? 1 : 0}) AS is_rejected, count() AS rows, ${span(timeColumn(table))}
       FROM ${table} WHERE load_id IN {ids:Array(UInt32)} GROUP BY load_id`,
  );
  return store.rows(parts.join('\nUNION ALL\n'), { ids });
}

/** The same where shards counted the rows as they stored them. */
const countAsStored = (store: Store, ids: number[]): Promise<LoadCount[]> =>
  store.rows(
    `SELECT load_id, toUInt8(0) AS is_rejected, sum(s.rows) AS rows, if(max(s.until) = 0, '', toString(min(s.since))) AS from, if(max(s.until) = 0, '', toString(max(s.until))) AS to
     FROM ${allParts('stored')} AS s WHERE load_id IN {ids:Array(UInt32)} GROUP BY load_id
     UNION ALL SELECT load_id, toUInt8(1), count(), '', '' FROM ${allParts('dead_letter')} WHERE load_id IN {ids:Array(UInt32)} GROUP BY load_id`,
    { ids },
  );

/** How many are twins is not known before they are merged; who reads meanwhile reads with FINAL. */
async function startMerges(store: Store, tables: string[]): Promise<Map<string, number>> {
  if (store.shards === null)
    await Promise.all(tables.map((table) => store.run(`SYSTEM START MERGES ${table}`)));
  return new Map();
}

/** Rows of overlapping logs collapse; the count per source is what the summary shows. */
async function removeDuplicates(store: Store, tables: string[]): Promise<Map<string, number>> {
  const before = await countBySource(store, tables);
  const isLone = (table: string) => {
    const [first, ...others] = before.filter((row) => row.table === table);
    return others.length === 0 && first?.loads === 1;
  };
  await Promise.all(tables.map((table) => merge(store, table, !isLone(table))));
  const after = new Map((await countBySource(store, tables)).map((row) => [row.source, row.rows]));
  return new Map(before.map(({ source, rows }) => [source, rows - (after.get(source) ?? 0)]));
}

/** The embedded engine has better use for its time than merging a lone log; a server goes on when the hunt has ended. */
async function merge(store: Store, table: string, collapses: boolean): Promise<void> {
  if (collapses || store.kind === 'server') await store.run(`SYSTEM START MERGES ${table}`);
  if (collapses) await store.run(`OPTIMIZE TABLE ${table} FINAL`);
}

interface SourceCount {
  table: string;
  source: string;
  rows: number;
  loads: number;
}

async function countBySource(store: Store, tables: string[]): Promise<SourceCount[]> {
  if (tables.length === 0) return [];
  const parts = tables.map(
    (table) =>
      `SELECT '${table}' AS table, source, count() AS rows, uniqExact(load_id) AS loads FROM ${table} GROUP BY source`,
  );
  return store.rows(parts.join('\nUNION ALL\n'));
}

function summarize(
  loads: LoadedRows[],
  stored: Map<number, LoadCount>,
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
const toIso = (text: string): string => `${text.replace(' ', 'T')}Z`;
