/**
 * Flow records other people wrote, read in place where they lie beside the checkout (../shared/data/external), never copied: named right,
 * nothing valid rejected, and sums that agree with a count that knows nothing of our reader.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

const EXTERNAL = join(PACKAGE_ROOT, '..', 'shared', 'data', 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere)
  console.log('SKIP: no folder of external logs beside the checkout; flow records are not compared');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});
beforeEach(async () => {
  for (const table of ['network_activity', 'load', 'dead_letter'])
    await bench.store.run(`TRUNCATE TABLE ${table}`);
});

async function read(...paths: string[]) {
  const { inputs, mismatches, problems } = await bench.ingest(...paths);
  expect(mismatches).toEqual([]);
  const [[sums], rejects] = await Promise.all([
    bench.store.rows<{ rows: number; bytes: number; packets: number }>(
      `SELECT count() AS rows, toFloat64(sum(traffic_bytes_out + traffic_bytes_in)) AS bytes,
        toFloat64(sum(traffic_packets_out + traffic_packets_in)) AS packets FROM network_activity`,
    ),
    bench.store.rows<{ reason: string }>('SELECT reason FROM dead_letter ORDER BY line'),
  ]);
  return {
    sources: inputs.map(({ source, files }) => [source, files]),
    ...sums!,
    rejects: rejects.map(({ reason }) => reason),
    unread: problems.filter(({ level }) => level === 'unread').map(({ where }) => where),
  };
}

/** Inputs of Sekoia's tests, each a file of its own. */
async function sekoia(folder: string): Promise<{ path: string; messages: string[] }> {
  const from = join(EXTERNAL, 'sekoia', folder, 'tests');
  const path = join(bench.folder, folder.replaceAll(/\W/g, '-'));
  await mkdir(path);
  const messages: string[] = [];
  for (const name of readdirSync(from)) {
    const { message } = JSON.parse(readFileSync(join(from, name), 'utf8')).input as { message: string };
    messages.push(message);
    await writeFile(join(path, name), `${message.trimEnd()}\n`);
  }
  return { path, messages };
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

describe.skipIf(!isHere)('AWS VPC flow logs', () => {
  test('lines of the documentation and of other readers', async () => {
    expect(await read(join(EXTERNAL, 'vpcflow'))).toEqual({
      sources: [['aws-vpc-flow', 2]],
      rows: 5,
      // Two more were refused: they count nothing.
      bytes: 8855 + 4249 + 336,
      packets: 54 + 20 + 4,
      rejects: [
        // A start with a digit missing: 1975.
        expect.stringContaining('a window is ten minutes at most'),
        expect.stringContaining('SKIPDATA'),
      ],
      unread: [],
    });
  });

  test("Sekoia's inputs", async () => {
    const { path, messages } = await sekoia('AWS/aws-flow-logs');
    const counted = messages.flatMap((message) => {
      if (!message.startsWith('{')) {
        const words = message.split(' ');
        return words[12] === 'ACCEPT' && words[0]!.length === 1 ? [Number(words[9])] : [];
      }
      const { action, bytes } = JSON.parse(message) as { action: string; bytes: number };
      return action === 'ACCEPT' ? [bytes] : [];
    });
    const { sources, rejects, bytes, unread } = await read(path);
    expect({ rejects, bytes, sources, unread }).toEqual({
      rejects: [],
      bytes: sum(counted),
      sources: [['aws-vpc-flow', messages.length]],
      unread: [],
    });
  });
});

test.skipIf(!isHere)('Google Cloud VPC flow logs', async () => {
  const { path, messages } = await sekoia('Google Cloud/Google VPC Flow Logs');
  const bytes = messages.map((message) => Number(JSON.parse(message).jsonPayload.bytes_sent));
  expect(await read(path)).toMatchObject({
    sources: [['gcp-vpc-flow', messages.length]],
    rows: messages.length,
    bytes: sum(bytes),
    rejects: [],
    unread: [],
  });
});

test.skipIf(!isHere).each(['Azure/azure-network-watcher', 'Azure/azure-network-watcher-flow-logs'])(
  '%s',
  async (folder) => {
    const { path, messages } = await sekoia(folder);
    const bytes = messages.flatMap((message) => {
      const parts = (JSON.parse(message) as { 'flow.0': string })['flow.0'].split(',');
      return parts.length === 13 ? [Number(parts[10]) + Number(parts[12])] : [];
    });
    expect(await read(path)).toMatchObject({
      sources: [['azure-flow', messages.length]],
      rows: messages.length,
      bytes: sum(bytes),
      rejects: [],
      unread: [],
    });
  },
);

describe.skipIf(!isHere)('Argus flow files', () => {
  const folder = join(EXTERNAL, 'slips', 'dataset');
  const files = isHere ? readdirSync(folder).filter((name) => name.endsWith('.binetflow')) : [];

  test.each(files)('%s', async (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const [header, ...lines] = text.split('\n').filter((line) => line.trim() !== '');
    const separator = header!.includes('\t') ? '\t' : ',';
    const names = header!.split(separator);
    const rows = lines.map((line) => line.split(separator));
    const value = (row: string[], column: string) => row[names.indexOf(column)]!;
    const flows = rows.filter((row) => !['man', 'arp', 'llc'].includes(value(row, 'Proto')));
    expect(await read(join(folder, name))).toEqual({
      sources: [['argus-csv', 1]],
      rows: flows.length,
      bytes: sum(flows.map((row) => Number(value(row, 'TotBytes')))),
      // Without SrcPkts nobody knows which way the packets went.
      packets: names.includes('SrcPkts') ? sum(flows.map((row) => Number(value(row, 'TotPkts')))) : 0,
      rejects: [],
      unread: [],
    });
  });
});
