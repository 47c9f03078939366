import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HuntResult, InputSummary } from '../src/model/hunt-result.js';
import { hunt } from '../src/pipeline.js';
import { recording } from './recorded.js';

/** A kept store grows by what is new, however often and under whatever name a log is read. The tests build on each other. */

const recorded = recording('f-periodic');
const FLOWS = 'ulogd-nfct.ndjson';

interface Kept {
  result: HuntResult;
  /** Rows of each table. */
  rows: Record<string, number>;
}

let folder: string;
let first: Kept;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-incremental-'));
  first = await keep(recorded.folder);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function keep(...paths: string[]): Promise<Kept> {
  let rows: Kept['rows'] = {};
  const result = await hunt(paths, {
    store: { path: join(folder, 'store') },
    async inspect(store) {
      const tables = await store.rows<{ name: string }>(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name",
      );
      const counts: [string, number][] = [];
      for (const { name } of tables) {
        counts.push([name, (await store.rows<{ n: number }>(`SELECT count() AS n FROM ${name}`))[0]!.n]);
      }
      rows = Object.fromEntries(counts);
    },
  });
  expect(result.mismatches).toEqual([]);
  return { result, rows };
}

const inputOf = ({ result }: Kept, source: string): InputSummary =>
  result.report.inputs.find((input) => input.source === source)!;

async function place(name: string, content: string | Buffer): Promise<string> {
  const own = join(folder, name.replace(/\W/g, '-'));
  await mkdir(own, { recursive: true });
  await writeFile(join(own, name), content);
  return own;
}

test('the same paths again add nothing, and say so', async () => {
  const again = await keep(recorded.folder);
  expect(again.rows).toEqual(first.rows);
  const read = again.result.problems.filter(({ what }) => what.startsWith('same content as'));
  expect(read.length).toBe(9);
  expect(again.result.problems.filter(({ level }) => level === 'error')).toEqual([]);
});

test('the findings stay', async () => {
  const again = await keep(recorded.folder);
  const open = ({ result }: Kept) => result.report.findings.filter(({ status }) => status === 'open');
  expect(open(first).length).toBeGreaterThan(0);
  expect(open(again).map(({ uid }) => uid)).toEqual(open(first).map(({ uid }) => uid));
});

test('a copy under another name, and a gzip of it', async () => {
  await cp(join(recorded.folder, FLOWS), join(await place('README', 'x\n'), 'flows-of-yesterday.json'));
  const flows = await readFile(join(recorded.folder, FLOWS));
  const { rows, result } = await keep(
    join(folder, 'README'),
    await place('flows.ndjson.gz', gzipSync(flows)),
  );
  expect(rows).toEqual(first.rows);
  expect(result.problems.filter(({ what }) => what.startsWith('same content as'))).toHaveLength(2);
});

test('a rotated log that overlaps adds its new rows only, and its duplicates are counted', async () => {
  const lines = (await readFile(join(recorded.folder, FLOWS), 'utf8')).trim().split('\n');
  const old = lines.slice(Math.floor(lines.length / 2));
  const fresh = lines.slice(0, 3).map(anHourLater);
  const grown = await keep(await place('rotated.ndjson', `${[...old, ...fresh].join('\n')}\n`));
  const input = inputOf(grown, 'ulogd-nfct');
  expect([input.events, input.duplicates, input.rejected]).toEqual([fresh.length, old.length, 0]);
  expect(grown.rows.network_activity).toBe(first.rows.network_activity! + fresh.length);
  expect(grown.rows.connection).toBe(first.rows.connection! + fresh.length);
  expect(grown.rows.load).toBe(first.rows.load! + 1);
  for (const table of [
    'api_activity',
    'process_activity',
    'container_inventory',
    'monotonic_activity',
    'dead_letter',
  ]) {
    expect(grown.rows[table], table).toBe(first.rows[table]);
  }
});

function anHourLater(line: string): string {
  const flow = JSON.parse(line) as Record<string, number | string>;
  const later = (field: string) => ({ [field]: Number(flow[field]) + 3600 });
  const timestamp = new Date(Date.parse(`${flow.timestamp}Z`) + 3_600_000).toISOString().slice(0, 19);
  return JSON.stringify({
    ...flow,
    timestamp,
    ...later('flow.start.sec'),
    ...later('flow.end.sec'),
    ...later('ct.id'),
  });
}
