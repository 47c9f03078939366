import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deriveOpenConnections } from '../src/detect/open-connections.js';
import { sealConnections } from '../src/detect/seal.js';
import { Detector, type DetectorParts } from '../src/live/detector.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { openLiveStore } from '../src/live/open-store.js';
import type { Content } from '../src/pipeline.js';
import { type Store, withSettings } from '../src/store/store.js';
import { impatientContent } from './impatient.js';
import { recording } from './recorded.js';
import { WaitingFiles } from './waiting-files.js';

/** What is told twice, or loaded again after a statement failed, counts once, and nothing of it is left out. */

let folder: string;
let raw: Store;
let journal: WaitingFiles;
let findings: KeptFindings;
let content: Content;
let detector: Detector;
/** Statements that fail, and how often they still do. */
let failing: { sql: RegExp; times: number; after?: boolean } | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-twice-'));
  failing = null;
  raw = await openLiveStore(
    { path: join(folder, 'store') },
    { events: 3650, connections: 3650, roll_ups: 3650 },
  );
  journal = new WaitingFiles();
  findings = await KeptFindings.in(raw);
  content = await impatientContent();
  detector = await Detector.over(parts());
});
afterEach(async () => {
  await raw.close();
  rmSync(folder, { recursive: true, force: true });
});

const parts = (): DetectorParts => ({
  store: fragile(raw),
  journal,
  content,
  findings,
  scratch: join(folder, 'scratch'),
  unread: join(folder, 'unread'),
  settings: { keptDays: 3650, sealEverySeconds: 1e9 },
  now: () => new Date('2026-11-21T03:36:00Z'),
});

const fragile = (store: Store): Store => ({
  ...store,
  insert: (table, rows) => raw.insert(table, rows),
  async run(sql, parameters, settings) {
    const isFailing =
      failing !== null && failing.times > 0 && failing.sql.test(`${sql} ${JSON.stringify(parameters)}`);
    if (isFailing) failing!.times -= 1;
    if (!isFailing || failing!.after) await store.run(sql, parameters, settings);
    if (isFailing) throw new Error('no memory left');
  },
});

const { folder: LOGS } = recording('a-http-upload');
const log = (name: string): string => readFileSync(join(LOGS, name), 'utf8');

/** As a producer sends it: a file of its own, in which nothing but the lines tells what it is. */
function offer(name: string, text: string): void {
  const path = join(folder, `${Math.random()}-${name}`);
  writeFileSync(path, text);
  journal.offer(path, name);
}

async function sums(): Promise<unknown> {
  const [row] = await withSettings(raw, { final: 1 }).rows<object>(
    `SELECT (SELECT count() FROM network_activity) AS views, (SELECT count() FROM connection) AS connections,
      (SELECT sum(bytes_out) FROM connection) AS bytes, (SELECT sum(bytes_out) FROM egress_hour) AS hours`,
  );
  return row;
}

test('lines that are delivered again after their connections were sealed add nothing', async () => {
  for (const name of readdirSync(LOGS)) journal.offer(join(LOGS, name));
  await detector.tick();
  const judged = withSettings(raw, { final: 1 });
  await sealConnections(judged, { now: '2100-01-01T00:00:00.000Z', quietSeconds: 0, endlessSeconds: 0 });
  await deriveOpenConnections(judged);
  const before = await sums();
  for (const name of readdirSync(LOGS)) offer(name, `${log(basename(name))}\n`);
  await detector.tick();
  expect(detector.status()).toMatchObject({ mismatches: 0, ticks: { last_error: null } });
  expect(await sums()).toEqual(before);
});

test('of a segment with two logs, the one whose load failed is loaded with the next tick', async () => {
  offer('mixed', `${log('ulogd-nfct.ndjson')}${log('bpftrace.ndjson')}`);
  failing = { sql: /INSERT INTO landing_monotonic_activity/, times: 1 };
  await detector.tick();
  expect(detector.status().mismatches).toBeGreaterThan(0);
  await detector.tick();
  expect(await journal.take()).toEqual([]);
  expect(await sums()).toMatchObject({ views: 4 });
  expect(await raw.rows('SELECT count() AS commands FROM monotonic_activity')).toEqual([{ commands: 143 }]);
});

test('a load that failed after its rows were stored adds up when it is tried again', async () => {
  offer('commands', log('bpftrace.ndjson'));
  failing = { sql: /INSERT INTO landing_monotonic_activity/, times: 1, after: true };
  // The rows are there, and the process could not note it.
  const insert = raw.insert;
  raw.insert = (table, rows) =>
    table === 'load' ? Promise.reject(new Error('no room')) : insert(table, rows);
  await detector.tick();
  expect(detector.status().ticks.last_error).toBe('no room');
  raw.insert = insert;
  await detector.tick();
  expect(detector.status()).toMatchObject({ mismatches: 0, ticks: { last_error: null } });
  expect(await journal.take()).toEqual([]);
});

test('a segment that cannot be loaded keeps none of those that came with it', async () => {
  const lines = log('bpftrace.ndjson')
    .split('\n')
    .filter((line) => line !== '');
  offer('good', `${lines.slice(0, 100).join('\n')}\n`);
  offer('bad', `${lines.slice(100).join('\n')}\n`);
  failing = { sql: /INSERT INTO landing_monotonic_activity(.|\n)*"bad"/, times: 100 };
  for (let tick = 0; tick < 6; tick++) await detector.tick();
  expect((await journal.take()).map(({ input }) => input)).toEqual(['bad']);
});

test('what was dropped when deriving failed is derived with the next tick, though nothing came', async () => {
  for (const name of readdirSync(LOGS)) journal.offer(join(LOGS, name));
  await detector.tick();
  const before = await sums();
  offer('commands', log('bpftrace.ndjson').split('\n').slice(0, 5).join('\n'));
  failing = { sql: /REPLACE PARTITION 1 FROM connection_fresh/, times: 1 };
  await detector.tick();
  expect(detector.status().ticks.failed).toBe(1);
  await detector.tick();
  expect(await sums()).toEqual(before);
});

test('sealing that failed midway is ended before anything is judged', async () => {
  const sealing = await Detector.over({
    ...parts(),
    settings: { keptDays: 3650, sealEverySeconds: 0, latenessSeconds: 0, endlessSeconds: 0 },
  });
  for (const name of readdirSync(LOGS)) journal.offer(join(LOGS, name));
  await sealing.tick();
  failing = { sql: /^DELETE FROM network_open/, times: 1 };
  await sealing.tick();
  expect(sealing.status().ticks.failed).toBe(1);
  await sealing.tick();
  expect(sealing.status().ticks.last_error).toBeNull();
  expect(await raw.rows('SELECT count() AS left FROM network_open')).toEqual([{ left: 0 }]);
  expect(await sums()).toMatchObject({ connections: 4 });
});
