import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Detector } from '../src/live/detector.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { oneAtATime } from '../src/live/one-at-a-time.js';
import { openLiveStore } from '../src/live/open-store.js';
import { Tuning } from '../src/live/tuning.js';
import { ConfigSchema } from '../src/model/config.js';
import type { Store } from '../src/store/store.js';
import { impatientContent } from './impatient.js';
import { WaitingFiles } from './waiting-files.js';

/** Other values of a parameter, held against what a server judges at present, over the real engine. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const STRATEGY = 'T1567-exfiltration-over-web-service';

let folder: string;
let store: Store;
let findings: KeptFindings;
let tuning: Tuning;
let ticksBetween = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-tune-'));
  store = await openLiveStore({ path: join(folder, 'store') });
  findings = await KeptFindings.in(store);
  const journal = new WaitingFiles();
  journal.offer(uploadLog());
  const config = ConfigSchema.parse({ container_cidrs: ['10.20.0.0/16'] });
  const read = await impatientContent({ config });
  // So that the threshold for several classes can be tried up to the end.
  const strategies = read.strategies.map((each) => ({ ...each, openAtSingleClass: 1 }));
  const content = { ...read, strategies };
  const scratch = { scratch: join(folder, 'scratch'), unread: join(folder, 'unread') };
  const detector = await Detector.over({ store, journal, content, findings, ...scratch });
  const inTurn = oneAtATime();
  tuning = new Tuning({
    strategies: content.strategies,
    judgement: () => detector.judgement(),
    kept: () => findings.recent(new Date()),
    inTurn: (work) => {
      ticksBetween += 1;
      return inTurn(work);
    },
  });
  await expect(tuning.backtest(STRATEGY, 'openAt')).rejects.toMatchObject({ kind: 'later' });
  await detector.tick();
  expect(detector.status().ticks.last_error).toBeNull();
});
afterAll(async () => {
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Zeek's connection log of an upload of 120 MB in five minutes, ten minutes ago. */
function uploadLog(): string {
  const begins = Date.now() / 1000 - 600;
  const lines = [0, 95, 190, 285].map((seconds, index) =>
    JSON.stringify({
      ...{ ts: begins + seconds, uid: `C${index}`, 'id.orig_h': '10.20.0.15', 'id.orig_p': 40_000 + index },
      ...{ 'id.resp_h': '203.0.113.20', 'id.resp_p': 443, proto: 'tcp', service: 'ssl', duration: 60 },
      ...{ orig_bytes: 30_000_000, resp_bytes: 6000, conn_state: 'SF' },
      ...{ orig_pkts: 20_727, orig_ip_bytes: 31_077_804, resp_pkts: 5191, resp_ip_bytes: 275_932 },
    }),
  );
  const log = join(folder, 'conn.log');
  writeFileSync(log, `${lines.join('\n')}\n`);
  return log;
}

test('says what each value would find, which verdicts it moves, and what stowaway.yaml would have to say', async () => {
  const [kept] = findings.recent(new Date());
  const { uid } = kept!;
  const known = { what: 'verdict', verdict: 'true_positive', why: 'an attack' } as const;
  await findings.change(uid, known, 'alice');
  const { values, left_out, judged } = await tuning.backtest(STRATEGY, 'openAt', [0.9999, 0.5]);
  const now = tuning.parameters(STRATEGY).find(({ name }) => name === 'openAt')!;
  expect(values.map(({ value, is_current }) => [value, is_current])).toEqual([
    [0.5, false],
    [now.default, true],
    [0.9999, false],
  ]);
  expect(left_out).toEqual([]);
  expect(Date.parse(judged.to) - Date.parse(judged.from)).toBeGreaterThan(86_000_000);
  const [, current, strict] = values;
  expect(current).toMatchObject({ open: 1, lost: [], changes: [] });
  expect(strict).toMatchObject({ open: 0, lost: [uid], changes_total: 1 });
  expect(strict!.changes[0]).toMatchObject({
    ...{
      kind: 'vanishes',
      uid,
      entity: '10.20.0.15',
      verdict: 'true_positive',
      instead: null,
      is_kept: true,
    },
  });
  expect(strict!.changes[0]!.why.at(-1)).toContain('under the 0.9999 that two classes or more need');
  expect(strict!.patch).toBe(`parameters:\n  ${STRATEGY}:\n    openAt: 0.9999 # was ${now.default}`);
  // Nothing was changed by it.
  expect(findings.recent(new Date()).map(({ finding }) => finding.status)).toEqual(['open']);
});

test('asks again only what a parameter of an analytic changes', async () => {
  const name = 'volume_floor_bytes';
  const { range } = tuning.parameters(STRATEGY).find((each) => each.name === name)!;
  const { values } = await tuning.backtest(STRATEGY, name, [range![1]]);
  const [current, high] = values;
  expect(current!.changes).toEqual([]);
  expect(high!.changes.flatMap(({ why }) => why).join()).toContain(`uses ${name}`);
});

test.each([
  ['no-strategy', 'openAt', [0.7], 'unknown'],
  [STRATEGY, 'no_parameter', [0.7], 'invalid'],
  [STRATEGY, 'openAt', [7], 'invalid'],
  [STRATEGY, 'openAtSingleClass', [0.1], 'invalid'],
  [STRATEGY, 'openAt', Array.from({ length: 16 }, (_, index) => index / 40), 'invalid'],
])('refuses %s %s %j', async (strategy, parameter, values, kind) => {
  const tried = (async () => tuning.backtest(strategy, parameter, values))();
  await expect(tried).rejects.toMatchObject({ name: 'TuningRefused', kind });
});

test('serves one at a time, and lets ticks between', async () => {
  ticksBetween = 0;
  const first = tuning.backtest(STRATEGY, 'openAt');
  await expect(tuning.backtest(STRATEGY, 'volume_ratio_low')).rejects.toMatchObject({ kind: 'later' });
  expect((await first).values.length).toBeGreaterThan(2);
  expect(ticksBetween).toBeGreaterThan(0);
});
