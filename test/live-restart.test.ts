import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deriveOpenConnections } from '../src/detect/open-connections.js';
import { sealConnections } from '../src/detect/seal.js';
import { Detector } from '../src/live/detector.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { openLiveStore } from '../src/live/open-store.js';
import { type Store, withSettings } from '../src/store/store.js';
import { impatientContent } from './impatient.js';
import { recording } from './recorded.js';
import { WaitingFiles } from './waiting-files.js';

/** What a process leaves that ended anywhere is taken up by the next: nothing is missing, nothing is there twice. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-restart-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LOGS = readdirSync(recording('a-http-upload').folder)
  .sort()
  .map((name) => join(recording('a-http-upload').folder, name));

interface Process {
  store: Store;
  findings: KeptFindings;
  journal: WaitingFiles;
  detector: Detector;
}

/** One process over the store of this test, from its start to its end. */
async function during<T>(work: (process: Process) => Promise<T>): Promise<T> {
  const store = await openLiveStore(
    { path: join(folder, 'store') },
    { events: 3650, connections: 3650, roll_ups: 3650 },
  );
  try {
    const journal = new WaitingFiles();
    const findings = await KeptFindings.in(store);
    const detector = await Detector.over({
      store,
      journal,
      content: await impatientContent(),
      findings,
      scratch: join(folder, 'scratch'),
      unread: join(folder, 'unread'),
      settings: { keptDays: 3650, sealEverySeconds: 1e9 },
      now: () => new Date('2026-11-21T03:36:00Z'),
    });
    return await work({ store, findings, journal, detector });
  } finally {
    await store.close();
  }
}

async function load({ journal, detector }: Process): Promise<void> {
  for (const log of LOGS) journal.offer(log);
  await detector.tick();
  expect(detector.status().ticks.last_error).toBeNull();
  expect(await journal.take()).toEqual([]);
}

const sums = (store: Store) =>
  withSettings(store, { final: 1 }).rows(
    `SELECT (SELECT count() FROM network_activity) AS views, (SELECT count() FROM connection) AS connections, (SELECT sum(bytes_out) FROM connection) AS bytes,
     (SELECT sum(bytes_out) FROM egress_hour) AS hours, (SELECT sum(connections) FROM contact_minute) AS contacts, (SELECT count() FROM nat_alias WHERE NOT is_open) > 0 AS sealed`,
  );

test('a log that is delivered again after a restart adds nothing, and the finding is the same', async () => {
  const first = await during(async (one) => {
    await load(one);
    const { findings } = await one.findings.list({});
    return { sums: await sums(one.store), findings };
  });
  expect(first.findings.map(({ finding }) => `${finding.technique} ${finding.entity.name}`)).toEqual([
    'T1567 app1',
  ]);
  const second = await during(async (one) => {
    // As a producer sends it again: the same lines in another file, so that nothing but what they say tells.
    const copy = join(folder, 'again.ndjson');
    const log = LOGS.find((name) => name.endsWith('ulogd-nfct.ndjson'))!;
    writeFileSync(copy, `${readFileSync(log, 'utf8')}\n`);
    one.journal.offer(copy, log);
    await one.detector.tick();
    const { findings } = await one.findings.list({});
    return { sums: await sums(one.store), findings };
  });
  expect(second.sums).toEqual(first.sums);
  expect(second.findings.map(({ uid, version }) => [uid, version])).toEqual(
    first.findings.map(({ uid, version }) => [uid, version]),
  );
});

test.each(['moved', 'added'])(
  'sealing that ended when its views were %s is ended once by the next process',
  async (state) => {
    const options = { now: '2100-01-01T00:00:00.000Z', quietSeconds: 0, endlessSeconds: 0 };
    const whole = await during(async (one) => {
      await load(one);
      const judged = withSettings(one.store, { final: 1 });
      await sealConnections(judged, options);
      await deriveOpenConnections(judged);
      const all = await sums(one.store);
      // The process ended before it noted more than this; the views are where they were.
      await one.store.run(`DELETE FROM sealing_pass WHERE state > '${state}'`);
      for (const part of ['network', 'http'])
        await one.store.run(`INSERT INTO ${part}_open SELECT * FROM ${part}_sealing`);
      return all;
    });
    await during(async ({ store }) => {
      const judged = withSettings(store, { final: 1 });
      await sealConnections(judged, options);
      await deriveOpenConnections(judged);
      expect(await sums(store)).toEqual(whole);
      expect(await store.rows('SELECT max(state) AS state FROM sealing_pass')).toEqual([{ state: 'done' }]);
    });
  },
);

test('what a killed process left of its reading is in nobody’s way', async () => {
  // The names that the next reading makes its own under.
  mkdirSync(join(folder, 'scratch', 'drain'), { recursive: true });
  for (let name = 1; name <= 9; name++)
    writeFileSync(join(folder, 'scratch', 'drain', `${name}.log`), 'half of a line');
  const { segments_unread, views } = await during(async (one) => {
    await load(one);
    const [{ views } = { views: 0 }] = await one.store.rows<{ views: number }>(
      'SELECT count() AS views FROM network_activity FINAL',
    );
    return { ...one.detector.status(), views };
  });
  expect({ segments_unread, views }).toEqual({ segments_unread: 0, views: 75 });
});

test('what nobody can read is set aside and counted, never thrown away', async () => {
  await during(async (one) => {
    const odd = join(folder, 'odd.log');
    writeFileSync(odd, 'an entry of no log that is known\n'.repeat(3));
    one.journal.offer(odd, 'http:odd/lab');
    await one.detector.tick();
    expect(one.detector.status()).toMatchObject({ segments_unread: 1, ticks: { last_error: null } });
    const [kept] = readdirSync(join(folder, 'unread'));
    expect(readFileSync(join(folder, 'unread', kept!), 'utf8')).toBe(readFileSync(odd, 'utf8'));
  });
});
