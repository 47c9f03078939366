import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveOpenConnections } from '../src/detect/open-connections.js';
import { sealConnections } from '../src/detect/seal.js';
import { Detector } from '../src/live/detector.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { openLiveStore } from '../src/live/open-store.js';
import type { Finding } from '../src/model/hunt-result.js';
import { hunt } from '../src/pipeline.js';
import { type Store, type StoreLocation, withSettings } from '../src/store/store.js';
import { startServer, whyNoServer } from './clickhouse-server.js';
import { impatientContent } from './impatient.js';
import { RECORDINGS, type Recording, recording } from './recorded.js';
import { WaitingFiles } from './waiting-files.js';

/**
 * The same events give the same findings, whether a hunt reads them at once or they come a few logs after the others while
 * connections are sealed.
 */

/** What is judged, without when it was told: an episode may begin at another moment for who saw it grow. */
const told = ({ strategy, entity, status, severity, score, destinations, terms }: Finding) => ({
  strategy,
  entity: `${entity.kind}:${entity.name}`,
  status,
  severity,
  score,
  destinations,
  terms: terms.map(({ analytic, likelihood, says }) => ({ analytic, likelihood, says })),
});

const sorted = (findings: Finding[]) =>
  findings
    .filter(({ status }) => status !== 'candidate')
    .map(told)
    .sort((a, b) => `${a.strategy} ${a.entity}`.localeCompare(`${b.strategy} ${b.entity}`));

/** What was worked out of the events, in numbers that do not depend on the order of rows. */
const SUMS = `
SELECT * FROM (SELECT 'connection' AS what, count() AS n, sum(bytes_out) AS a, sum(bytes_in) AS b, sum(cityHash64(src_ip, src_port, dst_ip, dst_port, time, end_time, entity_id, app)) AS c FROM connection
UNION ALL SELECT 'egress_hour', count(), sum(e.bytes_out), sum(e.connections), sum(cityHash64(entity_id, role, peer, peer_port, hour, first_minute, last_minute)) FROM egress_hour AS e
UNION ALL SELECT 'egress_window', count(), sum(e.bytes_out), sum(e.bytes_in), sum(cityHash64(entity_id, role, scale, bucket, first_minute, last_minute)) FROM egress_window AS e
UNION ALL SELECT 'inflow_hour', count(), sum(e.bytes_in), sum(e.connections), sum(cityHash64(entity_id, source_id, how, port, hour)) FROM inflow_hour AS e
UNION ALL SELECT 'contact_minute', count(), sum(e.connections), sum(e.futile), sum(cityHash64(entity_id, target, protocol, minute)) FROM contact_minute AS e WHERE e.connections >= 3 OR e.packets >= 100)
ORDER BY what`;

interface Run {
  detector: Detector;
  findings: KeptFindings;
  journal: WaitingFiles;
  sums(): Promise<unknown[]>;
  /** Everything is sealed that may be when nothing comes late. */
  seal(endlessSeconds: number): Promise<void>;
  close(): Promise<void>;
}

async function serve(now: Date, settings: object, at?: StoreLocation): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'stowaway-live-'));
  const store: Store = await openLiveStore(at ?? { path: join(folder, 'store') }, {
    events: 3650,
    connections: 3650,
    roll_ups: 3650,
  });
  const journal = new WaitingFiles();
  const findings = await KeptFindings.in(store);
  const detector = await Detector.over({
    store,
    journal,
    content: await impatientContent(),
    findings,
    scratch: join(folder, 'scratch'),
    unread: join(folder, 'unread'),
    settings: { keptDays: 3650, ...settings },
    now: () => now,
  });
  return {
    detector,
    findings,
    journal,
    sums: () => withSettings(store, { final: 1 }).rows(SUMS),
    async seal(endlessSeconds) {
      const judged = withSettings(store, { final: 1 });
      const later = new Date(Date.now() + 1000).toISOString();
      await sealConnections(judged, { now: later, quietSeconds: 0, endlessSeconds });
      await deriveOpenConnections(judged);
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const noServer = whyNoServer();
if (noServer) console.log(`SKIP: a server's store on ClickHouse: ${noServer}`);

test.skipIf(noServer !== null)(
  'a ClickHouse server holds the store of a server, too',
  async () => {
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
  },
  240_000,
);

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
  240_000,
);

const logsOf = ({ folder }: Recording): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

describe.each(RECORDINGS)('$name, a few logs after the others', (recorded) => {
  let run: Run;
  let expected: Finding[];
  let sums: unknown[];
  beforeAll(async () => {
    let now = new Date(0);
    const result = await hunt([recorded.folder], {
      inspect: async (store) => {
        sums = await store.rows(SUMS);
        const [last] = await store.rows<{ at: string }>(
          "SELECT formatDateTime(max(end_time), '%FT%TZ', 'UTC') AS at FROM connection",
        );
        now = new Date(Date.parse(last!.at) + 1000);
      },
    });
    expected = result.report.findings;
    run = await serve(now, {
      latenessSeconds: 3600,
      endlessSeconds: 3600,
      sealEverySeconds: 1e9,
      judgeEverySeconds: 0,
    });
    // Three at a time, by name: who is who comes after what they did.
    const logs = logsOf(recorded);
    for (let next = 0; next < logs.length; next += 3) {
      for (const log of logs.slice(next, next + 3)) run.journal.offer(log);
      await run.detector.tick();
      expect(run.detector.status().ticks.last_error).toBeNull();
    }
  }, 300_000);
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
