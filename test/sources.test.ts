import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepare } from '../src/ingest/prepare.js';
import { recognize } from '../src/ingest/recognize.js';
import { HeaderFinder } from '../src/ingest/table.js';
import { contentFolder } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

/**
 * Every folder under sources/ that has a sample.*: the sample is recognised as that source, loaded by the real engine, and
 * gives the rows of expected.ndjson and the rejects of expected-rejects.ndjson. Only the keys an expected row names are compared.
 *
 * STOWAWAY_UPDATE_EXPECTED=1 writes expected.ndjson (new files: every column that is not its default).
 */

type Row = Record<string, unknown>;

const root = contentFolder('sources');
const withSample = readdirSync(root)
  .map((id) => ({ id, folder: join(root, id) }))
  .filter(({ folder }) => samplesIn(folder).length > 0);

/** Sources whose rows are known and feed nothing. */
const feedsNothing = ({ folder }: { folder: string }) =>
  /^into: nothing$/m.test(readFileSync(join(folder, 'source.md'), 'utf8'));
const unused = withSample.filter(feedsNothing);
const feeding = withSample.filter((source) => !feedsNothing(source));

/** Columns that say where a row came from, not what it says. */
const BOOKKEEPING = new Set(['source', 'load_id', 'file']);

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

test('there are sources with samples', () => {
  expect(withSample.length).toBeGreaterThan(0);
});

test.each(unused)('$id: rows that feed nothing are counted and told', async ({ id, folder }) => {
  for (const path of samplesIn(folder)) {
    const { inputs, problems } = await bench.ingest(path);
    const rows = linesOf(path).length;
    expect(inputs).toEqual([]);
    expect(problems).toEqual([
      {
        where: path,
        what: expect.stringContaining(`${rows} rows known as ${id} and not used`),
        advice: expect.any(String),
        level: 'note',
      },
    ]);
  }
});

describe.each(withSample)('$id', ({ id, folder }) => {
  test('its sample is recognised as this source and no other', async () => {
    for (const path of samplesIn(folder)) {
      const prepared = await prepare(
        { path, bytes: (await stat(path)).size },
        bench.spool,
        new HeaderFinder(bench.sources),
      );
      expect(prepared.problems).toEqual([]);
      expect(prepared.stretches.length).toBeGreaterThan(0);
      for (const stretch of prepared.stretches) {
        expect(recognize(stretch, bench.sources)?.source.id, `${path}:${stretch.firstLine}`).toBe(id);
      }
    }
  });
});

describe.each(feeding)('$id', ({ id, folder }) => {
  test('its sample gives the expected rows, and no line is lost', async () => {
    const into = bench.sources.find((source) => source.id === id)!.into;
    const result = await bench.ingest(...samplesIn(folder));
    expect(result.mismatches).toEqual([]);
    expect(result.problems).toEqual([]);
    const loads = await bench.store.rows<{ read: number; stored: number; rejected: number }>(
      'SELECT sum(rows_read) AS read, sum(rows_stored) AS stored, sum(rows_rejected) AS rejected FROM load WHERE source = {id:String}',
      { id },
    );
    expect(loads[0]!.read).toBe(loads[0]!.stored + loads[0]!.rejected);
    expectRows(folder, await storedRows(into, id));
    expectRejects(folder, await rejectedRows(id));
  });
});

function samplesIn(folder: string): string[] {
  if (!existsSync(join(folder, 'source.md'))) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith('sample.'))
    .sort()
    .map((name) => join(folder, name));
}

/** Rows of the sample in order of their lines; addresses as people write them. */
async function storedRows(table: string, source: string): Promise<Row[]> {
  const described = await bench.store.rows<{ name: string; type: string; default_type: string }>(
    `DESCRIBE TABLE ${table}`,
  );
  const columns = described
    .filter(({ name, default_type }) => default_type !== 'MATERIALIZED' && !BOOKKEEPING.has(name))
    .map(({ name, type }) => (type === 'IPv6' ? `ip_text(t.${name}) AS ${name}` : `t.${name} AS ${name}`));
  return bench.store.rows<Row>(
    `SELECT ${columns.join(', ')} FROM ${table} AS t WHERE t.source = {source:String} ORDER BY t.load_id, t.line, t.event_uid`,
    { source },
  );
}

function rejectedRows(source: string): Promise<{ line: number; reason: string }[]> {
  return bench.store.rows(
    'SELECT line, reason FROM dead_letter WHERE source = {source:String} ORDER BY load_id, line',
    { source },
  );
}

function expectRows(folder: string, rows: Row[]): void {
  const path = join(folder, 'expected.ndjson');
  const expected = existsSync(path) ? readRows(path) : null;
  const projected = rows.map((row, index) => project(row, expected?.[index]));
  if (process.env.STOWAWAY_UPDATE_EXPECTED) {
    writeFileSync(path, toNdjson(projected));
    return;
  }
  const twin = join(folder, 'expected-changed.ndjson');
  const isSame = JSON.stringify(expected) === JSON.stringify(projected);
  if (isSame) rmSync(twin, { force: true });
  else if (!process.env.CI) writeFileSync(twin, toNdjson(projected));
  expect(
    projected,
    `see ${twin}; STOWAWAY_UPDATE_EXPECTED=1 takes the change over, once you have checked it`,
  ).toEqual(expected);
}

function expectRejects(folder: string, rejects: { line: number; reason: string }[]): void {
  const path = join(folder, 'expected-rejects.ndjson');
  const expected = (existsSync(path) ? readRows(path) : []) as { line: number; reason: string }[];
  expect(rejects.map(({ line }) => line)).toEqual(expected.map(({ line }) => line));
  for (const [index, reject] of rejects.entries()) {
    expect(reject.reason, `reason of line ${reject.line}`).toContain(expected[index]!.reason);
  }
}

/** The keys the expected row names; of a new row all that are not empty. */
function project(row: Row, expected: Row | undefined): Row {
  const keys = expected
    ? Object.keys(expected)
    : ['line', ...Object.keys(row).filter((key) => !isEmpty(row[key]))];
  return Object.fromEntries([...new Set(keys)].map((key) => [key, row[key]]));
}

const isEmpty = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === '::' ||
  JSON.stringify(value) === '[]' ||
  JSON.stringify(value) === '{}';

const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');

const readRows = (path: string): Row[] => linesOf(path).map((line) => JSON.parse(line) as Row);

const toNdjson = (rows: Row[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
