import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { derive } from '../src/detect/derive.js';
import { type Bench, openBench } from './embedded-store.js';

/**
 * Who sent it: containers come and go and take over each other's addresses. Whom nobody can tell for sure is named by
 * nobody; a wrong name is worse than none.
 */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

interface Container {
  name: string;
  started: string;
  finished?: string;
  /** Address by network. */
  addresses: Record<string, string>;
}

interface Attributed {
  at: string;
  entity_id: string;
  attribution: string;
  confidence: number;
  container_uid: string;
}

const seconds = (time: string): number => Date.parse(`2026-11-01T${time}Z`) / 1000;
const uidOf = (name: string): string =>
  Buffer.from(name.padEnd(4, '.')).toString('hex').repeat(8).slice(0, 64);

function inspected({ name, started, finished, addresses }: Container): object {
  const networks = Object.entries(addresses).map(([network, ip]) => [
    network,
    ip.includes(':') ? { IPAddress: '', GlobalIPv6Address: ip } : { IPAddress: ip, GlobalIPv6Address: '' },
  ]);
  return {
    Id: uidOf(name),
    Name: `/${name}`,
    Created: `2026-11-01T${started}Z`,
    Path: 'sleep',
    Args: ['infinity'],
    Image: `sha256:${'ab'.repeat(32)}`,
    State: {
      Running: finished === undefined,
      StartedAt: `2026-11-01T${started}Z`,
      FinishedAt: finished ? `2026-11-01T${finished}Z` : '0001-01-01T00:00:00Z',
    },
    Config: { Image: 'lab/tools:1', Labels: {} },
    HostConfig: { NetworkMode: 'default' },
    NetworkSettings: { Networks: Object.fromEntries(networks) },
    Mounts: [],
  };
}

const died = (name: string, time: string): string =>
  `${JSON.stringify({ status: 'die', id: uidOf(name), from: 'lab/tools:1', Type: 'container', Action: 'die', Actor: { ID: uidOf(name), Attributes: { name, image: 'lab/tools:1' } }, scope: 'local', time: seconds(time), timeNano: seconds(time) * 1e9 })}\n`;

/** A connection of a second, told by its start and its end. */
function connection(source: string, time: string, index: number): string {
  const version = source.includes(':') ? 'ipv6     10' : 'ipv4     2';
  const there = source.includes(':') ? '2001:db8:ffff::10' : '198.51.100.10';
  const port = 40_000 + index;
  const tuples = (counters: string) =>
    `src=${source} dst=${there} sport=${port} dport=80 ${counters}src=${there} dst=${source} sport=80 dport=${port} ${counters}`;
  return [
    `[${seconds(time)}.000000]\t    [NEW] ${version} tcp      6 120 SYN_SENT ${tuples('')}id=${port}\n`,
    `[${seconds(time) + 1}.000000]\t[DESTROY] ${version} tcp      6 ${tuples('packets=9 bytes=9000 ')}[ASSURED] delta-time=1 id=${port}\n`,
  ].join('');
}

let count = 0;
/** What connections from the address at these times are said to be of. */
async function attribute(
  containers: Container[],
  address: string,
  times: string[],
  events = '',
): Promise<Attributed[]> {
  count += 1;
  for (const table of ['network_activity', 'container_inventory', 'api_activity', 'load']) {
    await bench.store.run(`TRUNCATE TABLE ${table}`);
  }
  const folder = join(bench.folder, `case-${count}`);
  await mkdir(folder);
  await writeFile(join(folder, 'inspect.json'), JSON.stringify(containers.map(inspected)));
  await writeFile(
    join(folder, 'conntrack.txt'),
    times.map((time, index) => connection(address, time, index)).join(''),
  );
  if (events) await writeFile(join(folder, 'events.ndjson'), events);
  const read = await bench.ingest(folder);
  expect([read.mismatches, read.problems]).toEqual([[], []]);
  expect(read.inputs.map(({ rejected }) => rejected)).toEqual(read.inputs.map(() => 0));
  await derive(
    bench.store,
    { inside: null, containerCidrs: [] },
    { allowances: [], indicators: [], services: [] },
  );
  return bench.store.rows<Attributed>(
    `SELECT formatDateTime(time, '%T') AS at, entity_id, attribution, confidence, container_uid FROM connection ORDER BY connection.time`,
  );
}

const names = (rows: Attributed[]) => rows.map(({ entity_id, attribution }) => [entity_id, attribution]);

test('containers that had an address one after another, with no word of their end', async () => {
  const rows = await attribute(
    [
      { name: 'one', started: '10:00:00', addresses: { work: '10.96.0.2' } },
      { name: 'two', started: '11:00:00', addresses: { work: '10.96.0.2' } },
      { name: 'three', started: '12:00:00', addresses: { work: '10.96.0.2' } },
    ],
    '10.96.0.2',
    ['10:30:00', '10:59:59', '11:00:01', '11:30:00', '12:30:00'],
  );
  expect(names(rows)).toEqual(
    ['one', 'one', 'two', 'two', 'three'].map((name) => [`workload:${name}`, 'ip+time']),
  );
  expect(rows.map(({ container_uid }) => container_uid)).toEqual(
    ['one', 'one', 'two', 'two', 'three'].map(uidOf),
  );
  // What only the end of the recording closes is a little less sure.
  expect(rows[0]!.confidence).toBeGreaterThan(rows.at(-1)!.confidence);
});

test('two networks with one address at the same time name nobody', async () => {
  const rows = await attribute(
    [
      { name: 'blue', started: '10:00:00', addresses: { blue: '10.96.0.2' } },
      { name: 'green', started: '11:00:00', finished: '12:00:00', addresses: { green: '10.96.0.2' } },
    ],
    '10.96.0.2',
    ['10:30:00', '11:30:00', '12:30:00'],
  );
  expect(rows.map(({ attribution }) => attribution)).toEqual(['ip+time', 'ambiguous', 'ip+time']);
  expect(rows[0]!.entity_id).toBe('workload:blue');
  expect(rows[1]).toMatchObject({ entity_id: 'address:10.96.0.2', container_uid: '' });
  expect(rows[1]!.confidence).toBeLessThan(0.5);
  expect(rows[2]!.entity_id).toBe('workload:blue');
});

test('a connection from before the container is not its', async () => {
  const rows = await attribute(
    [{ name: 'late', started: '11:00:00', addresses: { work: '10.96.0.2' } }],
    '10.96.0.2',
    ['10:00:00', '10:59:50', '11:00:10'],
  );
  expect(names(rows)).toEqual([
    ['address:10.96.0.2', 'address'],
    ['address:10.96.0.2', 'address'],
    ['workload:late', 'ip+time'],
  ]);
});

test('nor is one from after its end, as inspection or an event tells it', async () => {
  const containers = [
    { name: 'gone', started: '10:00:00', finished: '11:00:00', addresses: { work: '10.96.0.2' } },
  ];
  const times = ['10:30:00', '11:00:30'];
  const expected = [
    ['workload:gone', 'ip+time'],
    ['address:10.96.0.2', 'address'],
  ];
  expect(names(await attribute(containers, '10.96.0.2', times))).toEqual(expected);
  const running = containers.map(({ finished: _, ...container }) => container);
  expect(names(await attribute(running, '10.96.0.2', times, died('gone', '11:00:00')))).toEqual(expected);
});

test('an event just before the start, within the clocks’ slack, is the container’s', async () => {
  const rows = await attribute(
    [{ name: 'quick', started: '11:00:00.900', addresses: { work: '10.96.0.2' } }],
    '10.96.0.2',
    ['11:00:00'],
  );
  expect(names(rows)).toEqual([['workload:quick', 'ip+time']]);
});

test('IPv6, however it is written', async () => {
  const rows = await attribute(
    [
      { name: 'six', started: '10:00:00', addresses: { work: 'fd00:0:0::2' } },
      { name: 'seven', started: '11:00:00', addresses: { work: 'FD00::2' } },
    ],
    'fd00::2',
    ['10:30:00', '11:30:00'],
  );
  expect(names(rows)).toEqual([
    ['workload:six', 'ip+time'],
    ['workload:seven', 'ip+time'],
  ]);
});

test('one container on two networks is told by either address', async () => {
  const both = [{ name: 'both', started: '10:00:00', addresses: { work: '10.96.0.2', shop: '10.97.0.2' } }];
  expect(names(await attribute(both, '10.97.0.2', ['10:30:00']))).toEqual([['workload:both', 'ip+time']]);
});
