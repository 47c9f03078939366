import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Detector } from '../src/live/detector.js';
import { GivenAllowances } from '../src/live/given-allowances.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { LiveAllowances } from '../src/live/live-allowances.js';
import { openLiveStore } from '../src/live/open-store.js';
import { allowanceEntry } from '../src/model/allowance.js';
import { ConfigSchema } from '../src/model/config.js';
import type { KeptFinding } from '../src/model/live.js';
import { impatientContent } from './impatient.js';
import { WaitingFiles } from './waiting-files.js';

/** Allowances and verdicts given while a server runs, over the real engine: an address uploads, and somebody says what it was. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const UPLOADER = '10.20.0.15';
const REASON = { reason: 'restore test', owner: 'ops' };
const DAY_MS = 86_400_000;
const tomorrow = () => new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

let folder: string;
/** What ticks take for now. */
let clock: () => Date;
let live: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-allow-'));
  clock = () => new Date();
  live = await start();
});
afterEach(async () => {
  await live.store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start() {
  const store = await openLiveStore({ path: join(folder, 'store') });
  const [findings, given] = await Promise.all([KeptFindings.in(store), GivenAllowances.in(store)]);
  const config = ConfigSchema.parse({
    container_cidrs: ['10.20.0.0/16'],
    allowances: [{ workload: 'elsewhere', reason: 'stated', owner: 'sec', expires: tomorrow() }],
  });
  const content = await impatientContent({ config });
  const journal = new WaitingFiles();
  const scratch = { scratch: join(folder, 'scratch'), unread: join(folder, 'unread') };
  const settings = { judgeEverySeconds: 0 };
  const detector = await Detector.over({
    ...{ store, journal, content, findings, given, settings, now: () => clock(), ...scratch },
  });
  const allowances = new LiveAllowances({
    ...{ given, findings, strategies: content.strategies, stated: content.references.allowances },
    judgement: () => detector.judgement(),
  });
  const tick = async (): Promise<KeptFinding[]> => {
    await detector.tick();
    expect(detector.status().ticks.last_error).toBeNull();
    return findings.recent(clock());
  };
  return { store, findings, journal, detector, allowances, tick };
}

/** Zeek's connection log of an upload of 30 MB at each of these seconds. */
function upload(begins: Date, from = UPLOADER, at = [0, 95, 190, 285]): void {
  const lines = at.map((seconds, index) =>
    JSON.stringify({
      ...{ ts: begins.getTime() / 1000 + seconds, uid: `C${begins.getTime()}${index}`, duration: 60 },
      ...{ 'id.orig_h': from, 'id.orig_p': 40_000 + index, 'id.resp_h': '203.0.113.20', 'id.resp_p': 443 },
      ...{ proto: 'tcp', service: 'ssl', conn_state: 'SF', orig_bytes: 30_000_000, resp_bytes: 6000 },
      ...{ orig_pkts: 20_727, orig_ip_bytes: 31_077_804, resp_pkts: 5191, resp_ip_bytes: 275_932 },
    }),
  );
  const log = join(folder, `conn-${begins.getTime()}-${from}.log`);
  writeFileSync(log, `${lines.join('\n')}\n`);
  live.journal.offer(log);
}

const entry = (more: object) => allowanceEntry.parse({ ...REASON, expires: tomorrow(), ...more });
const by = (kept: KeptFinding[], name = UPLOADER): KeptFinding =>
  kept.find(({ finding }) => finding.entity.name === name)!;
const eventsOf = async ({ uid }: KeptFinding) => (await live.findings.get(uid))!.events;

test('takes effect at the next tick, outlives a restart, and shows again what it hid once it is revoked', async () => {
  upload(minutesAgo(10));
  upload(minutesAgo(9), '10.20.0.16');
  const found = by(await live.tick());
  const meant = entry({ workload: UPLOADER, destination: '203.0.113.0/24' });
  const preview = await live.allowances.preview(meant);
  expect(preview).toMatchObject({ refused: null, open: { looked_at: 2, hidden: 1 }, past: { hidden: 0 } });
  expect(preview.open.findings.map(({ uid }) => uid)).toEqual([found.uid]);

  await live.allowances.add('a1', meant, 'alice');
  const hidden = await live.tick();
  const why = `restore test (ops, until ${tomorrow()}; allowance a1 by alice)`;
  expect(by(hidden).finding).toMatchObject({ status: 'suppressed', suppressed_by: why });
  expect(by(hidden, '10.20.0.16').finding.status).toBe('open');
  expect((await eventsOf(found)).at(-1)).toMatchObject({ what: 'suppressed', why });
  expect((await live.allowances.list()).map(({ id, hid, hides }) => [id, hid, hides])).toEqual([
    ['a1', 1, 1],
    [null, 0, 0],
  ]);

  await live.store.close();
  live = await start();
  expect(by(await live.tick()).finding.status).toBe('suppressed');

  expect(await live.allowances.revoke('a1', 'bob', 'it was not meant')).toMatchObject({
    state: 'revoked',
    revoked: { by: 'bob', why: 'it was not meant' },
  });
  expect(by(await live.tick()).finding).toMatchObject({ status: 'open', suppressed_by: null });
  expect((await eventsOf(found)).at(-1)).toMatchObject({
    what: 'unsuppressed',
    why: `no longer hidden by: ${why}`,
  });
  expect(await live.allowances.revoke('a1', 'bob', 'again')).toBeNull();
  expect((await live.allowances.list())[0]).toMatchObject({ state: 'revoked', hid: 1, hides: 0 });
});

test('ends by itself: what goes on after its last moment is shown', async () => {
  upload(minutesAgo(12));
  const until = minutesAgo(5);
  await live.allowances.add('a1', entry({ workload: UPLOADER, expires: until.toISOString() }), 'alice');
  expect(by(await live.tick()).finding).toMatchObject({
    status: 'suppressed',
    suppressed_by: `restore test (ops, until ${until.toISOString()}; allowance a1 by alice)`,
  });
  expect((await live.allowances.list())[0]).toMatchObject({ state: 'expired', hides: 1 });
  upload(minutesAgo(4), UPLOADER, [0]);
  expect(by(await live.tick()).finding.status).toBe('open');
});

test('never hides what somebody judged a true positive, whenever it would', async () => {
  upload(minutesAgo(10));
  const { uid } = by(await live.tick());
  await live.findings.change(uid, { what: 'verdict', verdict: 'true_positive', why: 'an attack' }, 'alice');
  await live.findings.change(uid, { what: 'closed', why: 'an attack' }, 'alice');
  const atNight = { from: '00:00', to: '00:01' };
  for (const scope of [{ workload: '10.20.*' }, { destination: '203.0.113.20', schedule: atNight }]) {
    const { refused, true_positives: lost } = await live.allowances.preview(entry(scope));
    expect(lost.map((kept) => kept.uid)).toEqual([uid]);
    expect(refused).toContain(`${uid} (T1567 on ${UPLOADER}), judged a true positive`);
    await expect(live.allowances.add('a1', entry(scope), 'alice')).rejects.toThrow(refused!);
  }
  expect((await live.allowances.list()).map(({ id }) => id)).toEqual([null]);
  expect((await live.allowances.preview(entry({ workload: '10.20.0.16' }))).refused).toBeNull();
});

test('shows at once what is judged a true positive while it is hidden', async () => {
  await live.allowances.add('a1', entry({ workload: UPLOADER }), 'alice');
  upload(minutesAgo(10));
  const { uid, finding } = by(await live.tick());
  expect(finding.status).toBe('suppressed');
  const verdict = { what: 'verdict', verdict: 'true_positive', why: 'not by us' } as const;
  expect((await live.findings.change(uid, verdict, 'bob'))?.finding.status).toBe('open');
  upload(minutesAgo(8));
  expect(by(await live.tick()).finding.status).toBe('open');
});

test('previews what is closed, and what ended while it was hidden comes back when it is revoked', async () => {
  upload(minutesAgo(10));
  const { uid } = by(await live.tick());
  await live.findings.change(uid, { what: 'closed', why: 'seen' }, 'alice');
  const { open, past } = await live.allowances.preview(entry({ workload: UPLOADER }));
  expect([open.hidden, past.looked_at, past.hidden, past.findings[0]?.uid]).toEqual([0, 1, 1, uid]);

  await live.allowances.add('a1', entry({ image: '*', workload: '10.20.0.17' }), 'alice');
  upload(minutesAgo(90), '10.20.0.17');
  await live.tick();
  const ended = by(await live.tick(), '10.20.0.17');
  expect([ended.state, ended.finding.status]).toEqual(['closed', 'suppressed']);
  await live.allowances.revoke('a1', 'bob', 'it was not meant');
  const back = by(await live.tick(), '10.20.0.17');
  expect([back.state, back.finding.status]).toEqual(['open', 'open']);
  const again = by(await live.tick(), '10.20.0.17');
  expect([again.state, again.finding.status]).toEqual(['closed', 'open']);
});

test('what somebody judged opens again when it begins anew hours later, though the place is no longer new', async () => {
  upload(minutesAgo(10));
  const { uid } = by(await live.tick());
  await live.findings.change(uid, { what: 'verdict', verdict: 'true_positive', why: 'an attack' }, 'alice');
  await live.findings.change(uid, { what: 'closed', why: 'stopped' }, 'alice');
  upload(minutesAgo(4), UPLOADER, [0]);
  expect((await live.tick()).map(({ state }) => state)).toEqual(['closed']);

  clock = () => minutesAgo(-180);
  upload(minutesAgo(-170), UPLOADER, [0, 7, 180, 200]);
  const again = await live.tick();
  expect(again.map((kept) => [kept.uid, kept.state])).toEqual([[uid, 'open']]);
  expect((await eventsOf(again[0]!)).map(({ what }) => what)).toEqual([
    ...['opened', 'verdict', 'closed', 'reopened'],
  ]);
});
