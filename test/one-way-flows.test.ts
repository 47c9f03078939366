import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { derive } from '../src/detect/derive.js';
import { type Bench, openBench } from './embedded-store.js';

/** One-way records of flow logs become connections whose bytes count once, with the opener first, whatever file they lie in. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const PLAIN =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
const FLAGS = `${PLAIN} tcp-flags`;
const T0 = 1795248000;

interface Flow {
  eni?: string;
  from: string;
  to: string;
  bytes: number;
  packets?: number;
  /** Seconds after T0. */
  at?: number;
  until?: number;
  action?: 'ACCEPT' | 'REJECT';
  flags?: number;
}

function record({
  eni = 'eni-1',
  from,
  to,
  bytes,
  packets = 10,
  at = 0,
  until = at + 50,
  action,
  flags,
}: Flow) {
  const [src, sport] = from.split(' ');
  const [dst, dport] = to.split(' ');
  const words = [2, 1, eni, src, dst, sport, dport, 6, packets, bytes, T0 + at, T0 + until];
  return [...words, action ?? 'ACCEPT', 'OK', ...(flags === undefined ? [] : [flags])].join(' ');
}

let count = 0;
async function connections(files: Record<string, string | Buffer>): Promise<unknown[]> {
  count += 1;
  for (const table of ['network_activity', 'load', 'dead_letter'])
    await bench.store.run(`TRUNCATE TABLE ${table}`);
  const folder = join(bench.folder, `case-${count}`);
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const read = await bench.ingest(folder);
  expect([read.mismatches, read.problems]).toEqual([[], []]);
  expect(read.inputs.map(({ rejected }) => rejected)).toEqual(read.inputs.map(() => 0));
  await derive(
    bench.store,
    { inside: null, containerCidrs: [] },
    { allowances: [], indicators: [], services: [] },
  );
  const rows = await bench.store.rows<Record<string, string | number>>(
    `SELECT concat(ip_text(src_ip), ' ', toString(src_port)) AS client, concat(ip_text(dst_ip), ' ', toString(dst_port)) AS server,
      bytes_out, bytes_in, connections, state FROM connection ORDER BY connection.time, client`,
  );
  return rows.map(({ client, server, bytes_out, bytes_in, connections: number, state }) => [
    client,
    server,
    Number(bytes_out),
    Number(bytes_in),
    number,
    state,
  ]);
}

const log = (header: string, flows: Flow[], end = '\n') =>
  [header, ...flows.map(record)].map((line) => line + end).join('');
const CLIENT = '10.20.0.15 41200';
const SERVER = '198.51.100.10 443';

test('both directions and all windows of an interface are one connection, over several files', async () => {
  const first = log(PLAIN, [
    { from: CLIENT, to: SERVER, bytes: 1000 },
    { from: SERVER, to: CLIENT, bytes: 70 },
  ]);
  const second = log(PLAIN, [
    { from: SERVER, to: CLIENT, bytes: 70, at: 58 },
    { from: CLIENT, to: SERVER, bytes: 1000, at: 58 },
  ]);
  expect(await connections({ 'a.log': first, 'b.log.gz': gzipSync(second) })).toEqual([
    [CLIENT, SERVER, 2000, 140, 1, ''],
  ]);
});

test('a record delivered twice counts once', async () => {
  const flow = { from: CLIENT, to: SERVER, bytes: 1000 };
  const again = log(PLAIN, [flow, { from: SERVER, to: CLIENT, bytes: 50 }]);
  expect(await connections({ 'a.log': log(PLAIN, [flow]), 'b.log': again })).toEqual([
    [CLIENT, SERVER, 1000, 50, 1, ''],
  ]);
});

test('what the interfaces of both ends saw counts once', async () => {
  const peer = '10.20.0.99 5432';
  const flows = ['eni-1', 'eni-2'].flatMap((eni, index) => [
    { eni, from: CLIENT, to: peer, bytes: 500, at: index },
    { eni, from: peer, to: CLIENT, bytes: 90_000, at: index },
  ]);
  expect(await connections({ 'a.log': log(PLAIN, flows) })).toEqual([[CLIENT, peer, 500, 90_000, 1, '']]);
});

test('what was rejected left nothing', async () => {
  const flows: Flow[] = [{ from: CLIENT, to: SERVER, bytes: 180, action: 'REJECT' }];
  expect(await connections({ 'a.log': log(PLAIN, flows) })).toEqual([[CLIENT, SERVER, 0, 0, 1, 'REJECT']]);
});

test('SYN says who opened, also for windows in which nobody saw it', async () => {
  const high = '203.0.113.20 50041';
  const low = '10.20.0.77 33004';
  const windows: Flow[] = [
    { from: low, to: high, bytes: 7000, at: 60, flags: 0 },
    { from: high, to: low, bytes: 80, at: 60, flags: 1 },
  ];
  expect(await connections({ 'a.log': log(FLAGS, windows) })).toEqual([[high, low, 80, 7000, 1, '']]);
  const begun: Flow[] = [
    { from: low, to: high, bytes: 5000, flags: 2 },
    { from: high, to: low, bytes: 60, flags: 18 },
  ];
  expect(await connections({ 'a.log': log(FLAGS, windows), 'b.log': log(FLAGS, begun) })).toEqual([
    [low, high, 12_000, 140, 1, ''],
  ]);
});

test('a forged SYN of the far end does not turn an upload into an answer', async () => {
  const flows: Flow[] = [
    { from: CLIENT, to: SERVER, bytes: 900, flags: 2 },
    { from: CLIENT, to: SERVER, bytes: 9000, at: 55, flags: 0 },
    { from: SERVER, to: CLIENT, bytes: 40, at: 55, flags: 2 },
  ];
  expect(await connections({ 'a.log': log(FLAGS, flows) })).toContainEqual([CLIENT, SERVER, 9900, 0, 1, '']);
});

test('another sensor that saw the beginning decides as well', async () => {
  const low = '10.20.0.77 33004';
  const high = '10.20.0.88 50041';
  const ended = {
    timestamp: '2026-11-21T08:00:50',
    src_ip: '10.20.0.77',
    dest_ip: '10.20.0.88',
    'orig.ip.protocol': 6,
    'orig.l4.sport': 33004,
    'orig.l4.dport': 50041,
    'orig.raw.pktlen': 5000,
    'orig.raw.pktcount': 10,
    'reply.ip.saddr.str': '10.20.0.88',
    'reply.ip.daddr.str': '10.20.0.77',
    'reply.ip.protocol': 6,
    'reply.l4.sport': 50041,
    'reply.l4.dport': 33004,
    'reply.raw.pktlen': 60,
    'reply.raw.pktcount': 1,
    'ct.id': 7,
    'ct.event': 4,
    'flow.start.sec': T0,
    'flow.start.usec': 0,
    'flow.end.sec': T0 + 50,
    'flow.end.usec': 0,
  };
  const flows = [{ from: low, to: high, bytes: 5000 }];
  expect(await connections({ 'a.log': log(PLAIN, flows), 'b.ndjson': `${JSON.stringify(ended)}\n` })).toEqual(
    [[low, high, 5000, 60, 1, expect.anything()]],
  );
});

test('the same ends again, minutes later, are another connection', async () => {
  const flows = [
    { from: CLIENT, to: SERVER, bytes: 10 },
    { from: CLIENT, to: SERVER, bytes: 20, at: 600 },
  ];
  expect(await connections({ 'a.log': log(PLAIN, flows) })).toEqual([
    [CLIENT, SERVER, 10, 0, 1, ''],
    [CLIENT, SERVER, 20, 0, 1, ''],
  ]);
});

test('headers in the middle, repeated, and lines that end in CRLF', async () => {
  const one = log(PLAIN, [{ from: CLIENT, to: SERVER, bytes: 10 }], '\r\n');
  const two = log(FLAGS, [{ from: SERVER, to: CLIENT, bytes: 20, flags: 0 }], '\r\n');
  const three = log(FLAGS, [{ from: CLIENT, to: SERVER, bytes: 40, at: 5, flags: 0 }], '\r\n');
  expect(
    await connections({ 'a.log': `${one}\r\n${two}${three}${one.replace(' 10 10 ', ' 10 80 ')}` }),
  ).toEqual([[CLIENT, SERVER, 130, 20, 1, '']]);
  const lines = await bench.store.rows<{ line: number }>('SELECT line FROM network_activity ORDER BY line');
  expect(lines.map(({ line }) => line)).toEqual([2, 5, 7, 9]);
});

test('tuples of a cloud that tells the beginning, the middle and the end are one connection', async () => {
  const flowTuples = ['B,,,,', 'C,900,1200000,450,24000', 'E,300,400000,100,6000'].map(
    (told, index) => `${T0 + 300 * index},10.20.0.15,198.51.100.10,41200,443,T,O,A,${told}`,
  );
  const record = (macAddress: string) => ({
    time: '2026-11-21T08:00:00Z',
    macAddress,
    resourceId: '/EXAMPLE/NSG',
    operationName: 'NetworkSecurityGroupFlowEvents',
    properties: { Version: 2, flows: [{ rule: 'x', flows: [{ mac: macAddress, flowTuples }] }] },
  });
  const document = JSON.stringify({ records: [record('000D3A000001'), record('000D3A000002')] });
  expect(await connections({ 'PT1H.json': document })).toEqual([[CLIENT, SERVER, 1_600_000, 30_000, 1, '']]);
});

test('what both ends report in their own words counts once', async () => {
  const told = (from: string, to: string, bytes: number, reporter: string) => {
    const [src_ip, src_port] = from.split(' ');
    const [dest_ip, dest_port] = to.split(' ');
    const ports = { src_port: Number(src_port), dest_port: Number(dest_port) };
    const connection = { src_ip, dest_ip, ...ports, protocol: 6 };
    const times = { start_time: '2026-11-21T08:00:00.5Z', end_time: '2026-11-21T08:00:04.5Z' };
    return JSON.stringify({ connection, bytes_sent: `${bytes}`, packets_sent: '3', reporter, ...times });
  };
  const peer = '10.20.0.99 5432';
  const lines = ['SRC', 'DEST'].flatMap((end) => [
    told(CLIENT, peer, 500, end),
    told(peer, CLIENT, 90_000, end),
  ]);
  expect(await connections({ 'a.ndjson': `${lines.join('\n')}\n` })).toEqual([
    [CLIENT, peer, 500, 90_000, 1, ''],
  ]);
});
