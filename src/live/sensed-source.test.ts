import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveInventory } from '../detect/inventory.js';
import type { Store } from '../store/store.js';
import { freshOf } from './judge.js';
import { openLiveStore } from './open-store.js';

/** Who held an address, told by sensors that name a connection's container, is the same of the sums as of all connections. */

const folder = mkdtempSync(join(tmpdir(), 'stowaway-sensed-'));
let store: Store;
beforeAll(async () => {
  const long = { events: 3650, connections: 3650, roll_ups: 3650 };
  store = await openLiveStore({ path: join(folder, 'store') }, long);
  const [app, job] = ['a'.repeat(64), 'b'.repeat(64)];
  const connection = (second: number, src: string, container_uid: string, load_id = 1) => ({
    ...{ src_endpoint_ip: src, dst_endpoint_ip: '::ffff:203.0.113.1', src_endpoint_port: 1000 + second },
    ...{ dst_endpoint_port: 443, connection_info_protocol_name: 'tcp', view: 'end', source: 'falco' },
    ...{ time: `2026-03-10 12:00:${second}`, end_time: `2026-03-10 12:00:${second + 1}` },
    ...{ container_uid, node: 'n1', file: 'x', line: second, load_id },
  });
  const named = (container_uid: string, container_name: string) => ({
    ...{ container_uid, container_name, image: 'i', workload: container_name, node: 'n1' },
    ...{ source: 'docker-inspect', file: 'x', line: 1, load_id: 1 },
  });
  await store.insert('container_inventory', [named(app, 'app'), named(job, 'job')]);
  await store.insert('network_activity', [
    connection(10, '::ffff:10.1.0.1', app.slice(0, 12)),
    connection(20, '::ffff:10.1.0.1', app),
    connection(30, '::ffff:10.1.0.2', job.slice(0, 12)),
    // One after the other, and two at one time.
    connection(40, '::ffff:10.1.0.2', app.slice(0, 12)),
    connection(11, '::ffff:10.1.0.3', app),
    connection(13, '::ffff:10.1.0.3', job),
    connection(12, '::ffff:10.1.0.3', app),
    connection(14, '::ffff:10.1.0.3', app),
    // The host's, and a pod's.
    connection(15, '::ffff:10.1.0.4', app),
    connection(16, '::ffff:10.1.0.4', 'host'),
    connection(17, '::ffff:10.1.0.5', 'pod:shop/cart'),
    connection(18, '::ffff:10.1.0.6', '', 2),
  ]);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('of sums as of connections', async () => {
  const holders = async (sensed: 'network_activity' | 'sensed_source') => {
    await deriveInventory(store, sensed);
    return store.rows<{ ip: string }>(
      'SELECT ip_text(ip) AS ip, toString(valid_from) AS since, toString(valid_to) AS until, entity_id FROM address_holder ORDER BY ip, since',
    );
  };
  const told = await holders('network_activity');
  expect([...new Set(told.map(({ ip }) => ip))]).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.5']);
  expect(await holders('sensed_source')).toEqual(told);
});

test('connections of which nobody names the container tell nothing new of who is who', async () => {
  expect(await freshOf(store, ['network_activity'], [1])).toEqual(['network_activity', 'sensed_source']);
  expect(await freshOf(store, ['network_activity'], [2])).toEqual(['network_activity']);
  expect(await freshOf(store, ['process_activity'], [1])).toEqual(['process_activity']);
});
