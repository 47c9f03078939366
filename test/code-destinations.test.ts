import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveCodeDestinations } from '../src/detect/code-destinations.js';
import { type Bench, openBench } from './embedded-store.js';

/** Which connections after a push that names no host are the push. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const AT = '2026-11-10 01:00:00';

test('what sends much is a push, however it is answered; what downloads beside it is none', async () => {
  const told: [peer: string, out: number, back: number][] = [
    ['203.0.113.1', 40_000, 4000],
    ['203.0.113.2', 6_000_000, 6_100_000],
    ['203.0.113.3', 300_000, 9_000_000],
    ['203.0.113.4', 18_000, 180_000],
  ];
  const connection = {
    ...{ time: AT, end_time: AT, entity_id: 'workload:dev', src_ip: '10.20.0.9', dst_port: 443 },
    ...{ protocol: 'tcp', has_bytes: 1 },
  };
  await bench.store.insert(
    'connection',
    told.map(([peer, bytes_out, bytes_in]) => ({ ...connection, peer, dst_ip: peer, bytes_out, bytes_in })),
  );
  await bench.store.insert(
    'egress_hour',
    told.map(([peer]) => ({ entity_id: 'workload:dev', role: 'initiator', peer, peer_port: 443, hour: AT })),
  );
  await bench.store.insert('command', [
    { time: AT, entity_id: 'workload:dev', direction: 'upload', protocol: 'git', tool: 'git' },
  ]);
  await deriveCodeDestinations(bench.store);
  const found = await bench.store.rows<{ peer: string }>('SELECT peer FROM code_destination ORDER BY peer');
  expect(found.map(({ peer }) => peer)).toEqual(['203.0.113.1', '203.0.113.2']);
});
