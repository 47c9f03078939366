import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveInventory } from '../detect/inventory.js';
import { contentFolder } from '../model/paths.js';
import type { Store } from '../store/store.js';
import { judgedStore, lately } from './judged-store.js';
import { openLiveStore } from './open-store.js';

/** What is judged of sums that are kept for weeks: the latest, and what still grows. */

const NOW = new Date('2026-03-10T12:30:00Z');
const DAY = {
  since: new Date(NOW.getTime() - 86_400_000),
  until: new Date(NOW.getTime() + 300_000),
  minutesSince: new Date(NOW.getTime() - 5_400_000),
};
const moment = (text: string) => text.replace('T', ' ').replace('Z', '');

const folder = mkdtempSync(join(tmpdir(), 'stowaway-judged-'));
let store: Store;
beforeAll(async () => {
  const long = { events: 3650, connections: 3650, roll_ups: 3650 };
  store = await openLiveStore({ path: join(folder, 'store') }, long);
  const open = (time: string, entity_id: string, dst_entity_id: string) => ({
    ...{ time: moment(time), end_time: moment(time), entity_id, dst_entity_id, is_open: 1 },
    ...{ src_ip: '::1', dst_ip: '::2', protocol: 'tcp' },
  });
  const over = (end_time: string, entity_id: string) => ({
    ...{ ...open('2026-03-08T03:10:20Z', entity_id, ''), end_time: moment(end_time), is_open: 0 },
  });
  await store.insert('connection', [
    open('2026-03-10T03:10:20Z', 'growing', 'answering'),
    over('2026-03-09T12:30:00Z', 'of the day'),
    over('2026-03-09T12:29:59Z', 'before'),
  ]);
  await store.insert(
    'contact_minute',
    (
      [
        ['old', '2026-03-10T03:10:00Z'],
        ['growing', '2026-03-10T03:10:00Z'],
        ['growing', '2026-03-10T03:11:00Z'],
        ['late', '2026-03-10T12:29:00Z'],
      ] as const
    ).map(([entity_id, minute]) => ({
      ...{ entity_id, minute: moment(minute), target: '::2', protocol: 'tcp', connections: 1 },
    })),
  );
  const window = (entity_id: string, scale: number, at: string) => ({
    ...{ entity_id, role: 'initiator', scale, bucket: Date.parse(at) / 1000, bytes_out: 1 },
  });
  await store.insert('egress_window', [
    window('old', 60, '2026-03-10T03:10:00Z'),
    window('growing', 60, '2026-03-10T03:10:00Z'),
    window('answering', 60, '2026-03-10T03:10:00Z'),
    window('late', 60, '2026-03-10T12:29:00Z'),
    window('hour of the day', 3600, '2026-03-09T12:00:00Z'),
    window('hour before', 3600, '2026-03-09T11:00:00Z'),
    window('yesterday', 86_400, '2026-03-09T00:00:00Z'),
    window('the day before', 86_400, '2026-03-08T00:00:00Z'),
  ]);
  const hour = (entity_id: string, at: string) => ({
    ...{ entity_id, role: 'initiator', peer: 'x', peer_port: 443, hour: moment(at) },
  });
  await store.insert('egress_hour', [
    hour('of the day', '2026-03-09T12:00:00Z'),
    hour('before', '2026-03-09T11:00:00Z'),
  ]);
  const inflow = (entity_id: string, at: string) => ({
    ...{ entity_id, source_id: 'x', how: 'push', port: 80, hour: moment(at) },
  });
  await store.insert('inflow_hour', [
    inflow('of the day', '2026-03-09T12:00:00Z'),
    inflow('before', '2026-03-09T11:00:00Z'),
  ]);
  const sensed = (node: string, container_uid: string, at: string) => ({
    ...{ src_endpoint_ip: '::ffff:10.1.0.1', node, container_uid, hour: moment(at) },
    ...{ time: moment(at), end_time: moment(at) },
  });
  await store.insert('sensed_source', [
    sensed('n1', 'pod:shop/before', '2026-03-03T12:00:00Z'),
    sensed('n1', 'pod:shop/cart', '2026-03-10T12:00:00Z'),
  ]);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const judged = async (table: string, columns: string) => {
  const rows = await judgedStore(store, DAY).rows<{ told: string }>(
    `SELECT ${columns} AS told FROM ${table} ORDER BY told`,
  );
  return rows.map(({ told }) => told);
};

test('minutes: the latest, and those in which connections began that are still open', async () => {
  const told = "concat(entity_id, ' ', toString(minute))";
  expect(await judged('contact_judged', told)).toEqual([
    'growing 2026-03-10 03:10:00',
    'late 2026-03-10 12:29:00',
  ]);
  expect(await judged('contact_minute', told)).toHaveLength(4);
});

test('windows: those that reach into the day, and of those of a minute the same', async () => {
  expect(await judged('window_judged', 'toString(entity_id)')).toEqual([
    ...['answering', 'growing', 'hour of the day', 'late', 'yesterday'],
  ]);
  expect(await judged('egress_window', 'toString(entity_id)')).toHaveLength(8);
});

test('connections: those that ended in the day, and open ones', async () => {
  expect(await judged('connection_judged', 'toString(entity_id)')).toEqual(['growing', 'of the day']);
  expect(await judged('connection', 'toString(entity_id)')).toHaveLength(3);
  expect(await judged('egress', "concat(role, ' ', entity_id)")).toEqual([
    ...['initiator growing', 'initiator of the day', 'responder answering'],
  ]);
});

test.each([
  '_shared/probes/history-present.sql',
  'T1498.001-direct-network-flood/probes/usual-days-known.sql',
])('%s asks what is known of all that is kept, not of the day', async (probe) => {
  const known = async () => {
    const sql = readFileSync(join(contentFolder('strategies'), probe), 'utf8');
    return (await lately(store, DAY).rows<{ ok: number }>(sql))[0]!.ok;
  };
  const pair = { entity_id: 'known', role: 'initiator', peer: 'x', peer_ip: '::2' };
  const minute = (at: string) => ({ first_minute: moment(at), last_minute: moment(at) });
  await store.run('TRUNCATE TABLE egress_pair');
  await store.insert('egress_pair', [{ ...pair, ...minute('2026-03-10T12:00:00Z') }]);
  expect(await known()).toBe(0);
  await store.insert('egress_pair', [{ ...pair, ...minute('2026-03-05T12:00:00Z') }]);
  expect(await known()).toBe(1);
});

test('hours: those of the day', async () => {
  expect(await judged('inflow_judged', 'toString(entity_id)')).toEqual(['of the day']);
  expect(await judged('inflow_hour', 'toString(entity_id)')).toHaveLength(2);
  expect(await judged('hour_judged', 'toString(entity_id)')).toEqual(['of the day']);
  expect(await judged('egress_hour', 'toString(entity_id)')).toHaveLength(2);
});

test('an address is whose it was this day, whoever had it before', async () => {
  const holders = async (among: Store) => {
    await deriveInventory(among, 'sensed_source');
    const rows = await among.rows<{ entity_id: string }>(
      'SELECT entity_id FROM address_holder ORDER BY valid_from',
    );
    return rows.map(({ entity_id }) => entity_id);
  };
  expect(await holders(judgedStore(store, DAY))).toEqual(['workload:shop/cart']);
  expect(await holders(store)).toEqual(['workload:shop/before', 'workload:shop/cart']);
});
