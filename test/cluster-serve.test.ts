import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveIn } from '../bench/serve-process.mjs';
import { CLUSTER, type ClickHouseServer, startCluster, whyNoServer } from './clickhouse-server.js';
import { databaseOf } from './cluster-store.js';

/** Whole processes of `stowaway serve` over one cluster, one of which is killed while it judges. */

const reason = whyNoServer();
if (reason) console.log(`SKIP: processes of serve over a ClickHouse cluster: ${reason}`);

let nodes: ClickHouseServer[] = [];
let folder: string;
const states: Awaited<ReturnType<typeof serveIn>>[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-cluster-'));
  if (reason === null) nodes = await startCluster();
});
afterAll(async () => {
  for (const state of states) await state.remove();
  for (const node of nodes) await node[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const PATIENTLY = { timeout: 180_000, interval: 500 };

/** An upload of 800 MB to where nobody went before, as Zeek tells it. */
const upload = (number: number): string =>
  `${JSON.stringify({
    ...{
      ts: Date.now() / 1000 - 2,
      uid: `C${number}`,
      proto: 'tcp',
      service: 'ssl',
      duration: 1,
      conn_state: 'SF',
    },
    ...{
      'id.orig_h': `10.88.0.${number}`,
      'id.orig_p': 40000,
      'id.resp_h': `198.51.100.${number}`,
      'id.resp_p': 443,
    },
    ...{
      orig_bytes: 800e6,
      resp_bytes: 5000,
      orig_pkts: 571429,
      orig_ip_bytes: 829e6,
      resp_pkts: 9,
      resp_ip_bytes: 5700,
    },
  })}\n`;

test.skipIf(reason !== null)(
  'one takes logs, two may judge: when the one that does is killed, the other goes on with all that was found',
  async () => {
    const { url, database } = (await databaseOf(nodes, 'whole')) as { url: string; database: string };
    const others = nodes.slice(1).map((node) => node.url);
    const config = {
      container_cidrs: ['10.88.0.0/16'],
      serve: { tick_seconds: 1, cluster: { name: CLUSTER, nodes: others } },
    };
    const processOf = async (role: string) => {
      const state = await serveIn({
        config,
        args: ['--role', role, '--url', url, '--database', database],
      });
      states.push(state);
      return await state.start();
    };
    // One after the other: the first one makes the tables.
    const taking = await processOf('ingest');
    const judges = [await processOf('schedule'), await processOf('schedule')];
    type Process = typeof taking;
    const statusOf = async (one: Process): Promise<number> => (await one.ask('/api/v1/findings')).status;
    const judging = async (those: Process[]): Promise<Process | null> => {
      for (const one of those) if ((await statusOf(one)) === 200) return one;
      return null;
    };
    const found = async (those: Process[]): Promise<string[]> => {
      const one = await judging(those);
      if (one === null) return [];
      const { findings } = await one.read('/findings?state=open');
      return findings
        .map(({ finding }: { finding: { entity: { name: string } } }) => finding.entity.name)
        .sort();
    };

    expect((await taking.send(upload(7), 'zeek-conn')).status).toBe(200);
    expect((await judges[0]!.send(upload(8), 'zeek-conn')).status).toBe(503);
    expect(await statusOf(taking)).toBe(503);
    await expect.poll(() => found(judges), PATIENTLY).toEqual(['10.88.0.7']);

    const first = (await judging(judges))!;
    const second = judges.find((one) => one !== first)!;
    expect(await statusOf(second)).toBe(503);
    await first.kill();
    expect((await taking.send(upload(9), 'zeek-conn')).status).toBe(200);
    await expect.poll(() => found([second]), PATIENTLY).toEqual(['10.88.0.7', '10.88.0.9']);
    const { findings } = await second.read('/findings?limit=1000');
    expect(findings).toHaveLength(2);
  },
);
