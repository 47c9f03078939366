import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordedIn, shiftTimes } from '../src/collect/shift-times.js';
import { Loading } from '../src/live/loading.js';
import { openLiveStore } from '../src/live/open-store.js';
import { ConfigSchema } from '../src/model/config.js';
import { openLog } from '../src/server/log.js';
import type { Store } from '../src/store/store.js';
import { type Role, WorkShared } from '../src/work/work-shared.js';
import { type ClickHouseServer, startCluster, whyNoServer } from './clickhouse-server.js';
import { databaseOf } from './cluster-store.js';
import { impatientContent } from './impatient.js';
import { huntOf, logsOf, serve, sorted, WITHOUT_SEALING } from './live-run.js';
import { recording } from './recorded.js';
import { WaitingFiles } from './waiting-files.js';

/** Several processes over one cluster: who takes logs, who judges, and what becomes of it when one is gone. */

const reason = whyNoServer();
if (reason) console.log(`SKIP: several processes over a ClickHouse cluster: ${reason}`);

const RECORDED = recording('a-http-upload');
let nodes: ClickHouseServer[] = [];
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-processes-'));
  if (reason === null) nodes = await startCluster();
});
afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const LONG = { events: 3650, connections: 3650, roll_ups: 3650 };

async function loadingOver(store: Store, name: string) {
  const journal = new WaitingFiles();
  const { sources } = await impatientContent();
  const place = { scratch: join(folder, name, 'scratch'), unread: join(folder, name, 'unread') };
  const loading = new Loading({
    ...{ store, journal, sources, name, keptDays: 3650, onProblem: () => undefined },
    ...place,
  });
  return { loading, journal };
}

const named = (findings: { finding: { technique: string; entity: { name: string } } }[]) =>
  findings.map(({ finding }) => `${finding.technique} ${finding.entity.name}`);

const CONNECTIONS = { table: 'connection', filter: '' } as const;

const PATIENTLY = { timeout: 180_000, interval: 500 };

let receiver: Server | null = null;
afterAll(() => receiver?.close());

test.skipIf(reason !== null)(
  'of two that may judge one does; when it dies the other goes on, and nothing is found or told twice',
  async () => {
    const at = await databaseOf(nodes, 'two');
    const told: string[] = [];
    receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const { what, alert } = JSON.parse(text);
        if (alert) told.push(`${what} ${alert.uid}`);
        response.end('ok');
      });
    });
    await new Promise<void>((listening) => receiver!.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const config = ConfigSchema.parse({
      notify: { channels: [{ name: 'soc', type: 'webhook', url, insecure: true, allow_private: true }] },
    });
    const processOf = async (name: string, role: Role) => {
      const store = await openLiveStore(at, LONG);
      const journal = new WaitingFiles();
      const work = new WorkShared({
        ...{ store, journal, config, role, name, content: await impatientContent() },
        stateFolder: join(folder, name),
        environment: () => undefined,
        missing: () => [],
        onProblem: () => undefined,
        log: openLog(process.stderr, 'fatal'),
      });
      const [load, beat, judge] = work.rounds;
      const dying = new AbortController();
      const beating = (async () => {
        while (!dying.signal.aborted) {
          await beat!.run();
          await sleep(500);
        }
      })();
      const die = () => {
        dying.abort();
        return beating;
      };
      return { store, journal, work, die, load: load!, judge: judge! };
    };
    const both = [await processOf('first', 'all'), await processOf('second', 'all')];

    const texts = readdirSync(RECORDED.folder).map((name) => ({
      name,
      text: readFileSync(join(RECORDED.folder, name), 'utf8'),
    }));
    const span = recordedIn(texts.map(({ text }) => text));
    const by = Math.floor(Date.now() / 1000) - 60 - span.to;
    for (const [index, { name, text }] of texts.entries()) {
      const path = join(folder, name);
      writeFileSync(path, shiftTimes(text, span, by));
      both[index % 2]!.journal.offer(path, name);
    }
    const rounds = async (those: typeof both) => {
      for (const { load, judge } of those) {
        await load.run();
        await judge.run();
      }
    };
    // Whoever judges: on a busy machine the lease may change hands.
    const judging = async (those: typeof both) => {
      await rounds(those);
      return those.find(({ work }) => work.away() === null);
    };
    const found = async (those: typeof both) => {
      const { findings } = (await (await judging(those))?.work.answers.findings.list({})) ?? { findings: [] };
      return findings;
    };
    await expect.poll(async () => named(await found(both)), PATIENTLY).toEqual(['T1567 app1']);
    for (const { journal } of both) expect(await journal.take()).toEqual([]);
    expect(both.filter(({ work }) => work.away() === null).length).toBeLessThanOrEqual(1);
    const before = await found(both);
    const first = (await judging(both))!;
    const second = both.find((each) => each !== first)!;
    await expect(second.work.answers.findings.list({})).rejects.toThrow('another process judges now');
    expect(() => second.work.answers.explorations.histogram(CONNECTIONS)).toThrow(
      'another process judges now',
    );
    await expect.poll(() => told[0], PATIENTLY).toBe(`opened ${before[0]!.uid}`);

    // From here on nobody hears of the first one, as if it had been killed.
    await first.die();
    await expect.poll(() => judging([second]), PATIENTLY).toBe(second);
    expect(first.work.away()).not.toBeNull();
    const uids = before.map(({ uid }) => uid);
    expect((await found([second])).map(({ uid }) => uid)).toEqual(uids);
    const { explorations, tuning, investigations } = second.work.answers;
    expect((await explorations.histogram(CONNECTIONS)).total).toBeGreaterThan(0);
    expect((await explorations.histogram({ ...CONNECTIONS, table: 'process' })).total).toBeGreaterThan(0);
    expect((await investigations.evidence(uids[0]!, {}))!.total).toBeGreaterThan(0);
    expect(tuning.parameters(before[0]!.finding.strategy).length).toBeGreaterThan(0);
    const opened = await second.store.rows(
      "SELECT uid, count() AS times FROM finding_event WHERE what = 'opened' GROUP BY uid",
    );
    expect(opened).toEqual(uids.map((uid) => ({ uid, times: 1 })));
    // A stopped process that goes on changes nothing.
    const versions = () => second.store.rows('SELECT count() AS rows, max(version) AS version FROM finding');
    const known = await versions();
    await first.judge.run();
    expect(await versions()).toEqual(known);
    await second.die();
    await second.work.finish().then(({ sent }) => sent);
    expect(told).toEqual([...new Set(told)]);
    for (const { store } of [first, second]) await store.close();
  },
  900_000,
);

test.skipIf(reason !== null)(
  'two processes load, a third judges: what a hunt finds, though a shard is gone for a while',
  async () => {
    const at = await databaseOf(nodes, 'three');
    const { expected, sums, now } = await huntOf(RECORDED);
    const store = await openLiveStore(at, LONG);
    const [one, other] = [await loadingOver(store, 'one'), await loadingOver(store, 'other')];
    const judging = await serve(now, { ...WITHOUT_SEALING, blindAfterSeconds: 1 }, at, { loads: false });
    const logs = logsOf(RECORDED);
    const first = logs.filter((_, index) => index % 2 === 0);
    for (const log of first) one.journal.offer(log);
    expect(await one.loading.tick()).toBe(false);
    await judging.detector.tick();
    expect(judging.detector.status().ticks.last_error).toBeNull();

    await nodes[1]!.kill();
    const second = logs.filter((_, index) => index % 2 === 1);
    for (const log of second) other.journal.offer(log);
    await other.loading.tick();
    expect(other.loading.status().ticks.last_error).not.toBeNull();
    expect((await other.journal.take()).length).toBeGreaterThan(0);
    await sleep(1100);
    await judging.detector.tick();
    const blind = judging.detector.status();
    expect(blind.ticks.last_error).not.toBeNull();
    expect(new Set(blind.strategies.map(({ sight }) => sight))).toEqual(new Set(['blind']));

    // The shard is there again, and what one process could not load is still missing.
    await nodes[1]!.start();
    await judging.detector.tick();
    const degraded = judging.detector.status().strategies;
    for (const { reasons } of degraded) expect(reasons.join()).toContain('other: cannot load');
    expect(degraded.map(({ sight }) => sight)).not.toContain('whole');
    for (let tries = 0; tries < 5 && (await other.journal.take()).length > 0; tries += 1)
      await other.loading.tick();
    expect(await other.journal.take()).toEqual([]);
    await judging.detector.tick();
    expect(judging.detector.status().ticks.last_error).toBeNull();
    expect(await judging.sums()).toEqual(sums);
    const { findings } = await judging.findings.list({ state: 'open', suppressed: true, limit: 1000 });
    expect(sorted(findings.map(({ finding }) => finding))).toEqual(sorted(expected));

    // What was delivered again after it was loaded, to another process, adds nothing.
    for (const log of first) {
      const path = join(folder, `again-${Math.random()}.log`);
      writeFileSync(path, `${readFileSync(log, 'utf8')}\n`);
      other.journal.offer(path, log);
    }
    await other.loading.tick();
    await judging.detector.tick();
    expect(await judging.sums()).toEqual(sums);
    await judging.close();
    await store.close();
  },
  900_000,
);
