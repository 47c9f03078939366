import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../src/model/hunt-result.js';
import { startServer, whyNoServer } from './clickhouse-server.js';
import { huntOf, logsOf, type Run, serve, sorted, tickByTick, WITHOUT_SEALING } from './live-run.js';
import { RECORDINGS, recording } from './recorded.js';

/**
 * The same events give the same findings, whether a hunt reads them at once or they come a few logs after the others while
 * connections are sealed.
 */

const noServer = whyNoServer();
if (noServer) console.log(`SKIP: a server's store on ClickHouse: ${noServer}`);

test.skipIf(noServer !== null)('a ClickHouse server holds the store of a server, too', async () => {
  await using clickhouse = await startServer();
  const now = new Date('2026-11-21T03:36:00Z');
  const run = await serve(now, { sealEverySeconds: 1e9 }, { url: clickhouse.url });
  for (const log of logsOf(recording('a-http-upload'))) run.journal.offer(log);
  await run.detector.tick();
  expect(run.detector.status()).toMatchObject({ mismatches: 0, ticks: { last_error: null } });
  const { findings } = await run.findings.list({});
  expect(findings.map(({ finding }) => `${finding.technique} ${finding.entity.name}`)).toEqual([
    'T1567 app1',
  ]);
  const before = await run.sums();
  await run.seal(0);
  expect(await run.sums()).toEqual(before);
  await run.close();
});

test.skipIf(noServer !== null)(
  'a ClickHouse server that is gone for a while takes nothing with it',
  async () => {
    await using clickhouse = await startServer();
    const now = new Date('2026-11-21T03:36:00Z');
    const run = await serve(now, { blindAfterSeconds: 1 }, { url: clickhouse.url });
    const logs = logsOf(recording('a-http-upload'));
    for (const log of logs.slice(0, 3)) run.journal.offer(log);
    await run.detector.tick();
    await clickhouse.kill();
    for (const log of logs.slice(3)) run.journal.offer(log);
    await sleep(1100);
    for (let tick = 0; tick < 7; tick++) await run.detector.tick();
    const gone = run.detector.status();
    expect(gone.ticks).toMatchObject({ count: 1, failed: 7 });
    expect(new Set(gone.strategies.map(({ sight }) => sight))).toEqual(new Set(['blind']));
    expect(await run.journal.take()).toHaveLength(logs.length - 3);
    await clickhouse.start();
    await run.detector.tick();
    expect(run.detector.status()).toMatchObject({ mismatches: 0, ticks: { last_error: null } });
    expect(await run.journal.take()).toEqual([]);
    const { findings } = await run.findings.list({});
    expect(findings.map(({ finding }) => `${finding.technique} ${finding.entity.name}`)).toEqual([
      'T1567 app1',
    ]);
    await run.close();
  },
);

describe.each(RECORDINGS)('$name, a few logs after the others', (recorded) => {
  let run: Run;
  let expected: Finding[];
  let sums: unknown[];
  beforeAll(async () => {
    const hunted = await huntOf(recorded);
    ({ expected, sums } = hunted);
    run = await serve(hunted.now, WITHOUT_SEALING);
    await tickByTick(run, recorded);
  });
  afterAll(() => run?.close());

  test('gives what a hunt gives', async () => {
    expect(await run.sums()).toEqual(sums);
    const { findings } = await run.findings.list({ state: 'open', suppressed: true, limit: 1000 });
    expect(sorted(findings.map(({ finding }) => finding))).toEqual(sorted(expected));
  });

  test('sums stay the same when all of it is sealed, and twice is once', async () => {
    await run.seal(0);
    expect(await run.sums()).toEqual(sums);
    await run.seal(0);
    expect(await run.sums()).toEqual(sums);
  });
});
