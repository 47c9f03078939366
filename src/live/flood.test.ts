import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import { floodOf } from './flood.js';
import { openLiveStore } from './open-store.js';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-flood-'));
  store = await openLiveStore(
    { path: join(folder, 'store') },
    { events: 3650, connections: 3650, roll_ups: 3650 },
  );
});
afterAll(async () => {
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

const minute = (entity: string, number: number, target: string, counts: Record<string, number>) => ({
  ...{ entity_id: entity, target, protocol: 'tcp', peer: target, port: 80 },
  minute: new Date(Date.UTC(2026, 10, 21, 0, number)).toISOString().slice(0, 19).replace('T', ' '),
  ...counts,
});
const flooding = {
  window: { from: '2026-11-21T01:00:10.000Z', to: '2026-11-21T01:01:50.000Z' },
} as Finding;

test('minutes stand beside what the entity did before, and targets beside each other', async () => {
  await store.insert('contact_minute', [
    // Half an hour of ordinary work at the same target, and nothing in the minutes right before.
    ...Array.from({ length: 30 }, (_, number) =>
      minute('workload:bot', number, '203.0.113.1', { connections: 5, packets: 50 }),
    ),
    minute('workload:bot', 60, '203.0.113.1', { connections: 900, futile: 890, packets: 1000 }),
    minute('workload:bot', 60, '203.0.113.2', { connections: 100, packets: 400 }),
    minute('workload:bot', 61, '203.0.113.1', { connections: 700, futile: 700, packets: 700 }),
    minute('workload:other', 60, '203.0.113.1', { connections: 9999, packets: 9999 }),
  ]);
  expect(await floodOf(store, 'workload:bot', flooding)).toEqual({
    minutes: [
      { time: '2026-11-21T01:00:00Z', connections: 1000, futile: 890, packets: 1400 },
      { time: '2026-11-21T01:01:00Z', connections: 700, futile: 700, packets: 700 },
    ],
    usual: { minutes: 30, connections: { median: 5, upper: 5 }, packets: { median: 50, upper: 50 } },
    targets: [
      { ip: '203.0.113.1', peer: '203.0.113.1', port: 80, protocol: 'tcp', connections: 1600, packets: 1700 },
      { ip: '203.0.113.2', peer: '203.0.113.2', port: 80, protocol: 'tcp', connections: 100, packets: 400 },
    ],
    targets_total: 2,
  });
});

test('who was not there before has nothing that is usual', async () => {
  const flood = await floodOf(store, 'workload:other', flooding);
  expect(flood).toMatchObject({ usual: null, targets_total: 1, minutes: [{ connections: 9999 }] });
  expect(await floodOf(store, 'workload:nobody', flooding)).toEqual({
    ...{ minutes: [], usual: null, targets: [], targets_total: 0 },
  });
});
