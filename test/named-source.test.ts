import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingest } from '../src/ingest/ingest.js';
import { type Bench, openBench } from './embedded-store.js';
import { root } from './recorded.js';

/** Segments of a journal as `serve` loads them: pieces of logs, put together, and some said to be of one source. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const sample = (path: string) => readFileSync(join(root, 'sources', path), 'utf8');
let count = 0;

async function load(text: string, source?: string | null) {
  const at = join(bench.folder, `${++count}.log`);
  writeFileSync(at, text);
  const found = [
    { path: `input ${count}`, at, bytes: Buffer.byteLength(text), ...(source !== undefined && { source }) },
  ];
  const { inputs, problems, mismatches } = await ingest(bench.store, {
    paths: [],
    found,
    sources: bench.sources,
    spool: bench.spool,
  });
  return {
    mismatches,
    rows: inputs.map((one) => [one.source, one.events, one.rejected, one.duplicates]),
    told: problems.map(({ level, what }) => `${level}: ${what}`),
  };
}

const none = { mismatches: [], told: [] };
const event = (uid: string, at: number) =>
  JSON.stringify({
    ...{
      _path: 'conn',
      ts: at,
      uid,
      'id.orig_h': '192.0.2.10',
      'id.orig_p': 4,
      'id.resp_h': '198.51.100.10',
    },
    ...{ 'id.resp_p': 80, proto: 'tcp', conn_state: 'SF' },
  });

test('JSON lines of several arrivals are one log', async () => {
  const text = [1, 2, 3].map((n) => `${event(`C${n}`, 1795241826 + n)}\n`).join('');
  expect(await load(text)).toEqual({ ...none, rows: [['zeek-conn', 3, 0, 0]] });
});

test('a Zeek log whose header comes again is one log', async () => {
  const lines = sample('zeek-conn/sample.log').trimEnd().split('\n');
  const header = lines.filter((line) => line.startsWith('#'));
  const rows = lines.filter((line) => !line.startsWith('#'));
  const again = header.map((line) => (line.startsWith('#open') ? '#open\t2026-11-21-05-00-00' : line));
  const text = [...header, ...rows.slice(0, 3), '#close\t2026-11-21-04-00-00', ...again, ...rows.slice(3)];
  expect((await load(text.join('\n'))).rows).toEqual([['zeek-conn', rows.length, 0, 0]]);
});

test('a CSV log whose header comes again has no row more', async () => {
  const [header, ...rows] = sample('nfdump-csv/sample.lab.csv').trimEnd().split('\n');
  const text = `${[header, rows[0], header, ...rows.slice(1, 4), header].join('\n')}\n`;
  expect(await load(text)).toEqual({ ...none, rows: [['nfdump-csv', 4, 0, 0]] });
  const other = `${[header, ...rows.slice(4, 6), header, ...rows.slice(6, 8)].join('\n')}\n`;
  expect(await load(other, 'nfdump-csv')).toEqual({ ...none, rows: [['nfdump-csv', 4, 0, 0]] });
});

test('what a source is said to be, it is: rows that do not fit are rejected by it', async () => {
  const text = ['{"what":"else"}', 'no JSON', event('C9', 1795241900), '{"a":1}'].join('\n');
  expect(await load(text, null)).toMatchObject({ rows: [], told: ['unread: not a log Stowaway knows'] });
  expect(await load(text, 'zeek-conn')).toEqual({ ...none, rows: [['zeek-conn', 1, 3, 0]] });
});

test('envelopes of a shipper are opened for it', async () => {
  const wrapped = JSON.stringify({
    log: `${event('C10', 1795241950)}\n`,
    stream: 'stdout',
    time: '2026-11-21T03:00:00Z',
  });
  expect((await load(`${wrapped}\n`, 'zeek-conn')).rows).toEqual([['zeek-conn', 1, 0, 0]]);
});

test('columns known by their place are read, however few rows fit', async () => {
  const { id, recognize } = bench.sources.find(({ recognize: ways }) =>
    ways.some((way) => 'table' in way && 'columns' in way.table),
  )!;
  expect(recognize.length).toBeGreaterThan(0);
  const { rows, mismatches } = await load('nothing of the kind\nand more\nand more\n', id);
  expect([rows, mismatches]).toEqual([[[id, 0, 3, 0]], []]);
});

test('a source that does not exist is an error that names it, and the others are read', async () => {
  expect(await load(`${event('C11', 1795241960)}\n`, 'zeke-conn')).toEqual({
    mismatches: [],
    rows: [],
    told: ['error: there is no source "zeke-conn": nothing of it was read'],
  });
});
