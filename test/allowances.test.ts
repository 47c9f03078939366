import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Ads, readAllAds } from '../src/ads/folder.js';
import { findHiddenTruths } from '../src/ads/hidden-truths.js';
import { lintConfig } from '../src/ads/lint-config.js';
import type { Scenario } from '../src/ads/scenario.js';
import { scenarioHuntOptions, scenarioPaths } from '../src/ads/test.js';
import { findAllowance } from '../src/correlate/allowances.js';
import { allowancesOf } from '../src/detect/references.js';
import { describeAllowance } from '../src/model/allowance.js';
import { readAllowances } from '../src/model/allowance-file.js';
import { readConfig } from '../src/model/config.js';
import type { Finding } from '../src/model/hunt-result.js';
import { contentFolder } from '../src/model/paths.js';
import { hunting } from './hunting.js';

const { hunt, huntScenario } = hunting();

// Whole hunts, several in one test: slow where the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** Recorded: container app1 of image localhost/lab/tools:1 uploads within a few minutes of 2026-11-21, about half past three. */
const RECORDED = 'fires-on-curl-upload';
/** Written: address 10.20.0.15 uploads. */
const WRITTEN = 'fires-on-cold-start-bulk-upload';

/** Written: an address of 10.20.0.0/16 pushes to a code host. */
const PUSHED = 'fires-on-git-push-over-http';

const BASE = 'reason: load test, owner: ops@example.com, expires: 2026-11-30';
const HIDDEN_BY = 'load test (ops@example.com, until 2026-11-30)';

let all: Ads[];
let folder: string;
/** The one finding that is open in the recorded scenario, and all as they would stand with a proposal. */
let recorded: Finding;
let would: Finding[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'allowances-'));
  all = (await readAllAds(contentFolder('strategies'))).map((ads) => ({
    ...ads,
    recordings: [],
    scenarios: ads.scenarios.filter(({ id }) => [RECORDED, WRITTEN].includes(id)),
  }));
  const proposed = await readAllowances(`[{ workload: app1, ${BASE} }]`);
  const ads = all.find(({ scenarios }) => scenarios.includes(scenario(RECORDED)))!;
  const options = {
    ...scenarioHuntOptions(ads.id, scenario(RECORDED)),
    proposed: { allowances: proposed, buildWorkloads: [] },
  };
  const result = await huntScenario(scenarioPaths(scenario(RECORDED)), options);
  const open = result.report.findings.filter((finding) => finding.status === 'open');
  expect(open.map(({ entity }) => entity.name)).toEqual(['app1']);
  expect(result.report.suppressed).toBe(0);
  recorded = open[0]!;
  would = result.proposed;
});

const scenario = (id: string): Scenario =>
  all.flatMap((ads) => ads.scenarios).find((each) => each.id === id)!;

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What hides the recorded finding under a stowaway.yaml with one allowance. */
async function hiddenUnder(entry: string): Promise<string | null> {
  const config = await readConfig(await file(`allowances:\n  - { ${entry} }\n`));
  const allowance = findAllowance(recorded, allowancesOf(config));
  return allowance && describeAllowance(allowance);
}

async function file(text: string): Promise<string> {
  const path = join(folder, 'stowaway.yaml');
  await writeFile(path, text);
  return path;
}

test.each([
  ['a workload', 'workload: app*'],
  ['an image', 'image: "localhost/lab/*"'],
  ['a destination and a technique', 'destination: 0.0.0.0/0, technique: [T1567, T1020]'],
  ['a time of day', 'workload: app1, schedule: { days: [sat], from: "03:00", to: "04:00" }'],
])(
  'an allowance for %s hides what it names, and keeps it with reason, owner and last day',
  async (_, scope) => {
    expect(await hiddenUnder(`${scope}, ${BASE}`)).toBe(HIDDEN_BY);
  },
);

test.each([
  ['another image', `image: "registry.example/*", ${BASE}`],
  ['another technique', `workload: app1, technique: T1498.001, ${BASE}`],
  ['another time of day', `workload: app1, schedule: { from: "04:00", to: "05:00" }, ${BASE}`],
  ['another day', `workload: app1, schedule: { days: [sun] }, ${BASE}`],
  ['a part of the destinations', `destination: 198.51.100.15, ${BASE}`],
  ['days before the event', 'workload: app1, reason: load test, owner: ops, expires: 2026-11-20'],
])('an allowance for %s hides nothing', async (_, entry) => {
  expect(await hiddenUnder(entry)).toBeNull();
});

test.each([
  ['no owner', 'workload: a, reason: some reason, expires: 2027-01-01'],
  ['no expiry', 'workload: a, reason: some reason, owner: ops'],
  ['no reason', 'workload: a, owner: ops, expires: 2027-01-01'],
  ['no scope', 'schedule: { days: [sat] }, reason: some reason, owner: ops, expires: 2027-01-01'],
  ['a zone that is none', `workload: a, schedule: { time_zone: Mars/Base }, ${BASE}`],
])('an allowance with %s is a mistake with a place', async (_, entry) => {
  await expect(readConfig(await file(`allowances:\n  - { ${entry} }\n`))).rejects.toThrow(
    /stowaway\.yaml:2:\d+: /,
  );
  await expect(readAllowances(`{ ${entry} }`)).rejects.toThrow(/--allowance:1:\d+: /);
});

test('a proposal hides nothing and tells what it would hide', () => {
  expect(would.find(({ uid }) => uid === recorded.uid)).toMatchObject({
    status: 'suppressed',
    suppressed_by: HIDDEN_BY,
  });
});

test('what an allowance hides is kept as suppressed', async () => {
  const { report } = await hunt(scenarioPaths(scenario(WRITTEN)), {
    config: await readConfig(
      await file(`container_cidrs: [10.20.0.0/16]\nallowances:\n  - { workload: 10.20.0.15, ${BASE} }\n`),
    ),
  });
  const told = report.findings.filter((finding) => finding.status !== 'candidate');
  expect(told.map(({ status, suppressed_by }) => [status, suppressed_by])).toEqual([
    ['suppressed', HIDDEN_BY],
  ]);
  expect(report.suppressed).toBe(1);
});

test('true positives are held against an allowance whatever its schedule and expiry', async () => {
  const wide = await readAllowances(
    '{ destination: 0.0.0.0/0, schedule: { days: [mon], from: "12:00", to: "12:01" }, reason: too wide, owner: x, expires: 2001-01-01 }',
  );
  const check = await findHiddenTruths(all, huntScenario, { allowances: wide, buildWorkloads: [] });
  expect(check.hidden.map(({ scenario, entity }) => [scenario.split('/')[1], entity])).toEqual([
    [WRITTEN, '10.20.0.15'],
    [RECORDED, 'app1'],
  ]);
  expect(check).toMatchObject({ checked: 2, unknown: [] });
});

test('a configuration fails where an allowance hides a true positive, at the place of that allowance', async () => {
  const path = await file(`sanctioned:
  - { destination: backup.example.com, reason: backup, owner: ops }
allowances:
  - { workload: nightly-*, destination: backup.example.com, reason: backup, owner: ops, expires: 2027-01-01 }
  - { image: localhost/lab/tools:1, reason: our tools, owner: ops, expires: 2027-01-01 }
`);
  const issues = await lintConfig(path, all, { hunt: huntScenario });
  expect(issues.map(({ line, column, message }) => [line, column, message])).toEqual([
    [
      5,
      5,
      `"our tools (ops)" hides a validated true positive: T1567-exfiltration-over-web-service/${RECORDED} on "app1"`,
    ],
  ]);
});

test('a configuration fails where a statement of build workloads hides a true positive, at its place', async () => {
  const path = await file('build_workloads:\n  - ci/*\n  - "10.20.*"\n');
  const pushes = (await readAllAds(contentFolder('strategies'))).map((ads) => ({
    ...ads,
    recordings: [],
    scenarios: ads.scenarios.filter(({ id }) => id === PUSHED),
  }));
  const issues = await lintConfig(path, pushes, { hunt: huntScenario });
  expect(issues.map(({ line, column }) => [line, column])).toEqual([[3, 5]]);
  expect(issues[0]!.message).toContain(PUSHED);
  await file('build_workloads:\n  - ci/*\n');
  expect(await lintConfig(path, pushes, { hunt: huntScenario })).toEqual([]);
});
