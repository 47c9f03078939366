import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Detector, type DetectorParts } from '../src/live/detector.js';
import { countFilled, filledBy } from '../src/live/field-health.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { openLiveStore } from '../src/live/open-store.js';
import type { StateChange } from '../src/model/live.js';
import type { Content } from '../src/pipeline.js';
import type { Store } from '../src/store/store.js';
import { impatientContent } from './impatient.js';
import { WaitingFiles } from './waiting-files.js';

/** Forged times, lines nobody can read, and a store that fails: each is told, and nothing else suffers. */

let folder: string;
let store: Store;
let journal: WaitingFiles;
let content: Content;
let findings: KeptFindings;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-trouble-'));
  store = await openLiveStore({ path: join(folder, 'store') });
  journal = new WaitingFiles();
  content = await impatientContent();
  findings = await KeptFindings.in(store);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const detectorWith = (more: Partial<DetectorParts> = {}): Promise<Detector> =>
  Detector.over({
    ...{ store, journal, content, findings },
    scratch: join(folder, 'scratch'),
    unread: join(folder, 'unread'),
    ...more,
  });

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);

/** One of Zeek's connections. */
const connection = (ts: number, number: number): string =>
  JSON.stringify({
    ...{ ts, uid: `C${number}`, 'id.orig_h': '10.88.0.7', 'id.orig_p': 30_000 + number },
    ...{ 'id.resp_h': '203.0.113.9', 'id.resp_p': 443, proto: 'tcp', service: 'ssl', duration: 1.5 },
    ...{ orig_bytes: 1000, resp_bytes: 2000, conn_state: 'SF', history: 'ShADadFf' },
    ...{ orig_pkts: 5, orig_ip_bytes: 1300, resp_pkts: 5, resp_ip_bytes: 2300 },
  });

/** One that nobody answers: the target of many is flooded. */
const unanswered = (ts: number, number: number): string =>
  JSON.stringify({
    ...{ ts, uid: `S${number}`, 'id.orig_h': '10.88.0.8', 'id.orig_p': 1024 + (number % 60_000) },
    ...{ 'id.resp_h': '198.51.100.7', 'id.resp_p': 80, proto: 'tcp', conn_state: 'S0', history: 'S' },
    ...{ orig_bytes: 0, resp_bytes: 0, orig_pkts: 1, orig_ip_bytes: 60, resp_pkts: 0, resp_ip_bytes: 0 },
  });

function offer(name: string, lines: string[]): void {
  const path = join(folder, `${Math.random()}-${name}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  journal.offer(path, name);
}

test('forged dates are rejected with the reason, and make no parts of their own', async () => {
  const detector = await detectorWith();
  const days = [-20_000, -400, -40, 3, 300];
  offer(
    'conn.log',
    [0, ...days].map((day, number) => connection(NOW + day * DAY, number)),
  );
  await detector.tick();
  expect(detector.status()).toMatchObject({
    mismatches: 0,
    events_stored: 1,
    events_rejected: days.length,
    ticks: { last_error: null },
  });
  expect(await store.rows('SELECT uniqExact(toDate(time)) AS days FROM network_activity')).toEqual([
    { days: 1 },
  ]);
  const reasons = await store.rows<{ reason: string }>('SELECT reason FROM dead_letter ORDER BY line');
  expect(reasons.map(({ reason }) => reason.replace(/ is \d+-\S+ [^ ,]+/, ''))).toEqual([
    ...Array(3).fill('its time, and events are kept for 30 days: a hunt reads old logs'),
    ...Array(2).fill('its time, more than a day ahead: set the clock of what wrote it'),
  ]);
});

test('what says that it happens later is judged when its time has come', async () => {
  let now = NOW;
  const detector = await detectorWith({
    now: () => new Date(now * 1000),
    settings: { judgeEverySeconds: 0 },
  });
  offer('conn.log', [connection(NOW, 1), connection(NOW + 7200, 2)]);
  await detector.tick();
  const connections = 'SELECT count() AS connections FROM connection';
  expect(await store.rows(connections)).toEqual([{ connections: 1 }]);
  now = NOW + 7200;
  await detector.tick();
  expect(await store.rows(connections)).toEqual([{ connections: 2 }]);
});

test('a burst of this morning that comes late is judged before it is sealed', async () => {
  const now = new Date();
  const detector = await detectorWith({
    now: () => now,
    settings: { sealEverySeconds: 0, latenessSeconds: 0, endlessSeconds: 0 },
  });
  offer('conn.log', [connection(NOW - 60, 1)]);
  await detector.tick();
  offer(
    'conn.log',
    Array.from({ length: 30_000 }, (_, at) => unanswered(NOW - 6 * 3600 + at / 1000, at)),
  );
  await detector.tick();
  await detector.tick();
  expect(await store.rows('SELECT count() AS left FROM network_open')).toEqual([{ left: 0 }]);
  expect((await findings.list({})).findings.map(({ finding }) => finding.technique)).toEqual(['T1498.001']);
});

test('what cannot be set aside stays in the journal, and the rest is judged', async () => {
  // A file where the folder should be: nothing can be put there, whoever asks.
  writeFileSync(join(folder, 'unread'), '');
  const problems: string[] = [];
  const detector = await detectorWith({ onProblem: ({ what }) => problems.push(what) });
  offer('who-knows', ['%% of no log that is known %%', '%% nor this %%']);
  await detector.tick();
  expect(problems.join('\n')).toMatch(/what nobody could read cannot be set aside/);
  expect(await journal.take()).toHaveLength(1);
  expect(detector.status()).toMatchObject({ segments_unread: 0, ticks: { count: 1, last_error: null } });
  rmSync(join(folder, 'unread'));
  await detector.tick();
  expect(await journal.take()).toEqual([]);
  expect(detector.status().segments_unread).toBe(1);
  expect(readdirSync(join(folder, 'unread'))).toHaveLength(1);
});

test('a segment that the system refuses to read is tried again, not set aside', async () => {
  const detector = await detectorWith();
  offer('conn.log', [connection(NOW, 1)]);
  const [segment] = await journal.take();
  renameSync(segment!.path, `${segment!.path}.away`);
  await detector.tick();
  expect(detector.status()).toMatchObject({ segments_unread: 0, mismatches: 1 });
  expect(detector.status().last_mismatch).toMatch(/conn\.log: no such file/);
  expect(reasonsOf(detector)).toMatch(/^1 deliveries could not be loaded so far$/m);
  renameSync(`${segment!.path}.away`, segment!.path);
  await detector.tick();
  expect(detector.status()).toMatchObject({ segments_unread: 0, events_stored: 1 });
  expect(await journal.take()).toEqual([]);
});

test('a field that disappears is the source’s trouble, and takes sight, also over a restart', async () => {
  let detector = await detectorWith();
  const lines = (count: number, change: (line: string) => string) =>
    Array.from({ length: count }, (_, number) => change(connection(NOW, number)));
  const withoutBytes = (line: string) =>
    JSON.stringify({
      ...JSON.parse(line),
      uid: `N${Math.random()}`,
      orig_bytes: undefined,
      orig_ip_bytes: undefined,
    });
  for (const [name, more] of [
    ['first.log', lines(1, (line) => line)],
    ['conn.log', lines(1200, (line) => line)],
    ['upgraded.log', lines(150, withoutBytes)],
    ['started-anew.log', lines(100, withoutBytes)],
  ] as const) {
    if (name === 'started-anew.log') detector = await detectorWith();
    offer(name, more);
    await detector.tick();
  }
  const { sources, strategies, ticks } = detector.status();
  expect(ticks.last_error).toBeNull();
  const trouble = /no traffic_bytes_out since .*: did its format change\?/;
  expect(sources[0]!.trouble).toMatch(trouble);
  expect((await detectorWith()).status().sources[0]!.trouble).toMatch(trouble);
  expect(strategies.find(({ technique }) => technique === 'T1567')!.reasons.join('\n')).toMatch(trouble);
});

/** Reasons that strategies which need connections give for their sight. */
const reasonsOf = (detector: Detector): string =>
  detector
    .status()
    .strategies.find(({ technique }) => technique === 'T1567')!
    .reasons.join('\n');

test.each([
  ['all of whose rows are rejected', 2 * DAY, /zeek-conn: 100 % of its last rows were rejected/],
  ['whose clock is ahead', 3600, /zeek-conn: its clock is \d\d minutes ahead/],
])('a source %s takes sight, though it delivers', async (_, ahead, expected) => {
  const detector = await detectorWith();
  offer('good.log', [connection(NOW, 1)]);
  await detector.tick();
  expect(reasonsOf(detector)).not.toMatch(expected);
  const lines = Array.from({ length: 1000 }, (_, number) => connection(NOW + ahead, 10 + number));
  offer('ahead.log', lines);
  await detector.tick();
  expect(reasonsOf(detector)).toMatch(expected);
  expect(detector.status().sources[0]!.trouble).not.toBe('');
});

test('every field that a source says it fills can be counted', async () => {
  const counted = await countFilled(store, await filledBy(content.sources), [1]);
  expect(counted).toEqual([]);
});

test('strategies that nothing is judged of go blind, and see again', async () => {
  let isFailing = false;
  const changes: StateChange[] = [];
  const failing: Store = {
    ...store,
    insert: (table, rows) => store.insert(table, rows),
    rows: (sql, parameters, settings) =>
      isFailing && /FROM load\b/.test(sql)
        ? Promise.reject(new Error('no memory left'))
        : store.rows(sql, parameters, settings),
  };
  const detector = await detectorWith({
    store: failing,
    settings: { blindAfterSeconds: 1 },
    onState: (change) => changes.push(change),
  });
  offer('conn.log', [connection(NOW, 1)]);
  await detector.tick();
  const sights = () => new Set(detector.status().strategies.map(({ sight }) => sight));
  expect(sights()).not.toEqual(new Set(['blind']));
  expect(detector.status().ready).toBe(true);
  isFailing = true;
  offer('conn.log', [connection(NOW, 2)]);
  await sleep(1100);
  // No tick ended meanwhile, which is as blind as one that failed.
  expect(sights()).toEqual(new Set(['blind']));
  expect(detector.status().ready).toBe(false);
  await detector.tick();
  expect(sights()).toEqual(new Set(['blind']));
  expect(detector.status().strategies[0]!.reasons[0]).toMatch(/^not judged since .*: no memory left$/);
  expect(changes.at(-1)!.after.sight).toBe('blind');
  isFailing = false;
  await detector.tick();
  expect(sights()).not.toEqual(new Set(['blind']));
  expect(detector.status().ready).toBe(true);
  const { id, sight } = detector.status().strategies.find(({ sight }) => sight !== 'blind')!;
  const kept = await store.rows<{ sight: string }>(
    'SELECT sight FROM strategy_state WHERE id = {id:String} ORDER BY since',
    { id },
  );
  expect(kept.map((row) => row.sight).slice(-2)).toEqual(['blind', sight]);
});
