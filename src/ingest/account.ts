import type { InputSummary } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import type { Load } from './load.js';
import type { LoadedRows } from './load-queue.js';

/** Compares rows read with rows stored plus rows rejected, load by load, then removes what was read twice. */
export async function account(
  store: Store,
  loads: LoadedRows[],
  isBaseline: boolean,
): Promise<{ inputs: InputSummary[]; mismatches: string[] }> {
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
  await store.insert('load', records);
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
    if ((await tableLoads(store, table)) <= 1) continue;
    const before = await countBySource(store, table);
    await store.run(`SYSTEM START MERGES ${table}`);
    await store.run(`OPTIMIZE TABLE ${table} FINAL`);
    const after = await countBySource(store, table);
    for (const [source, rows] of before)
      duplicates.set(source, (duplicates.get(source) ?? 0) + rows - (after.get(source) ?? 0));
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
  loads: LoadedRows[],
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
const toIso = (text: string): string => `${text.replace(' ', 'T')}Z`;
