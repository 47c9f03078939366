import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../src/model/hunt-result.js';
import { type ClickHouseServer, startCluster, whyNoServer } from './clickhouse-server.js';
import { databaseOf } from './cluster-store.js';
import { huntOf, type Run, serve, sorted, tickByTick, WITHOUT_SEALING } from './live-run.js';
import { RECORDINGS } from './recorded.js';

/** A ClickHouse cluster of two shards tells what the embedded engine tells. */

const reason = whyNoServer();
if (reason) console.log(`SKIP: a store on a ClickHouse cluster: ${reason}`);

let nodes: ClickHouseServer[] = [];
beforeAll(async () => {
  if (reason === null) nodes = await startCluster();
});
afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
});

describe.skipIf(reason !== null).each(
  // Those of the other engine tell the same story.
  RECORDINGS.filter(({ name }) => !name.endsWith('-podman')).map((recorded, index) => ({
    ...recorded,
    index,
  })),
)('$name on two shards', ({ index, ...recorded }) => {
  let run: Run;
  let expected: Finding[];
  let sums: unknown[];
  beforeAll(async () => {
    const hunted = await huntOf(recorded);
    ({ expected, sums } = hunted);
    run = await serve(hunted.now, WITHOUT_SEALING, await databaseOf(nodes, `recording_${index}`));
    await tickByTick(run, recorded);
  });
  afterAll(() => run?.close());

  test('gives what a hunt gives', async () => {
    expect(await run.sums()).toEqual(sums);
    const { findings } = await run.findings.list({ state: 'open', suppressed: true, limit: 1000 });
    expect(sorted(findings.map(({ finding }) => finding))).toEqual(sorted(expected));
  });

  test('sums stay the same when all of it is sealed', async () => {
    await run.seal(0);
    expect(await run.sums()).toEqual(sums);
  });
});
