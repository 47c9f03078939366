import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KINDS } from './fleet.js';
import { DEFAULT_START, simulate } from './simulate.js';

const DAY = 86_400;
const scratch = mkdtempSync(join(tmpdir(), 'stowaway-simulate-'));
const two = { seed: 3, workloads: 25, days: 2, start: DEFAULT_START };

interface Conn {
  ts: number;
  'id.orig_h': string;
  'id.resp_h': string;
  orig_bytes: number;
  resp_bytes: number;
}

const lines = <T>(folder: string, name: string): T[] =>
  readFileSync(join(scratch, folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

beforeAll(async () => {
  await simulate(two, join(scratch, 'a'));
  await simulate(two, join(scratch, 'b'));
  await simulate({ ...two, seed: 4 }, join(scratch, 'other'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('the same simulation gives the same bytes, another seed other ones', () => {
  const files = readdirSync(join(scratch, 'a'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.\w+$/.test(name),
  );
  expect(files).toContain(join('day-002', 'conn.log'));
  const text = (folder: string, name: string) => readFileSync(join(scratch, folder, name), 'utf8');
  for (const name of files) expect(text('b', name) === text('a', name), name).toBe(true);
  expect(text('other', join('day-001', 'conn.log'))).not.toBe(text('a', join('day-001', 'conn.log')));
});

test('connections are in order and belong to the day of their folder', () => {
  for (const day of [0, 1]) {
    const times = lines<Conn>(join('a', `day-00${day + 1}`), 'conn.log').map(({ ts }) => ts);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(DEFAULT_START + day * DAY);
    expect(times.at(-1)).toBeLessThan(DEFAULT_START + (day + 1) * DAY);
  }
});

test('every address inside is a container that was inspected, or a helper of the fleet', () => {
  const known = new Set<string>(['10.20.255.2', '10.20.255.3', '10.20.255.4']);
  for (const day of ['day-001', 'day-002']) {
    for (const { NetworkSettings } of lines<{
      NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
    }>(join('a', day), 'inspect.ndjson'))
      known.add(NetworkSettings.Networks.fleet_default!.IPAddress);
  }
  for (const day of ['day-001', 'day-002']) {
    for (const row of lines<Conn>(join('a', day), 'conn.log')) {
      for (const address of [row['id.orig_h'], row['id.resp_h']])
        if (address.startsWith('10.')) expect(known.has(address), address).toBe(true);
    }
  }
});

test('every workload is labelled, and a fleet of twenty-five has every kind', () => {
  const labels = lines<{ kind: string; label: string }>('a', 'labels.ndjson');
  expect(labels).toHaveLength(25);
  expect(new Set(labels.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  expect(new Set(labels.map(({ label }) => label))).toEqual(new Set(['benign']));
});

test('databases back up at night, people are busier by day', () => {
  const rows = lines<Conn>(join('a', 'day-001'), 'conn.log');
  const hourOf = ({ ts }: Conn) => new Date(ts * 1000).getUTCHours();
  const backups = rows.filter((row) => row['id.resp_h'] === '203.0.113.20');
  expect(backups.length).toBeGreaterThan(0);
  expect(new Set(backups.map(hourOf))).toEqual(new Set([2]));
  const requests = rows.filter((row) => row['id.orig_h'] === '10.20.255.2');
  const at = (hour: number) => requests.filter((row) => hourOf(row) === hour).length;
  expect(at(13)).toBeGreaterThan(at(3));
});
