import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { backtest } from '../src/ads/backtest.js';
import { type Ads, readAllAds } from '../src/ads/folder.js';
import { scenarioPaths } from '../src/ads/test.js';
import { propose, type Target, tune } from '../src/ads/tune.js';
import { DEFAULT_CONFIG } from '../src/model/config.js';
import type { HuntResult } from '../src/model/hunt-result.js';
import {
  applyChanges,
  type ParameterChange,
  parseChange,
  tunablesOf,
} from '../src/model/parameter-change.js';
import { contentFolder } from '../src/model/paths.js';
import { readStrategies } from '../src/model/strategies.js';
import type { Strategy } from '../src/model/strategy.js';
import { readVerdicts } from '../src/model/verdict-file.js';
import { hunting } from './hunting.js';

const { hunt, huntScenario } = hunting();

// Whole hunts, several in one test: slow where the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const ID = 'T1567-exfiltration-over-web-service';
/** Written: 10.20.0.16 sends 195 times its usual hour; 0.90 by its own baseline, 0.60 by its ratio, 0.30 by first contact. */
const LOGS = 'fires-on-upload-above-own-baseline';
/** Written: 10.20.0.15, of which nothing is known before, sends 120 MB. */
const COLD = 'fires-on-cold-start-bulk-upload';

/** Neither its own baseline nor its ratio speaks of it any more. */
const SILENCED = ['T1567/volume_ratio_low=300', 'T1567/upload_ratio_floor_bytes=1000000000'].map((text) =>
  parseChange(text),
);

let folder: string;
let all: Ads[];
let strategies: Strategy[];
let result: HuntResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuning-'));
  all = await readAllAds(contentFolder('strategies'));
  strategies = await readStrategies(contentFolder('strategies'));
  result = await huntLogs([[], SILENCED, [parseChange('T1567/openAt=0.71')]]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function huntLogs(trials: ParameterChange[][], parameters: ParameterChange[] = []): Promise<HuntResult> {
  const scenario = all.flatMap(({ scenarios }) => scenarios).find(({ id }) => id === LOGS)!;
  return hunt(scenarioPaths(scenario), {
    baseline: [join(scenario.folder, 'baseline')],
    config: { ...DEFAULT_CONFIG, container_cidrs: ['10.20.0.0/16'], parameters },
    trials,
  });
}

const open = (findings: HuntResult['report']['findings']) =>
  findings.filter(({ status }) => status === 'open').map(({ entity }) => entity.name);

async function verdicts(text: string) {
  const file = join(folder, 'verdicts.yaml');
  await writeFile(file, text);
  return readVerdicts(file);
}

const verdict = (word: string) =>
  verdicts(
    `- { technique: T1567, entity: 10.20.0.16, from: 2026-11-11T06:00:00Z, to: 2026-11-11T07:00:00Z, verdict: ${word}, reason: asked the owner }`,
  );

test('a trial with nothing changed is the hunt itself', () => {
  expect(open(result.report.findings)).toEqual(['10.20.0.16']);
  expect(result.trials[0]).toEqual({
    findings: result.report.findings,
    strategies: result.report.strategies,
  });
});

test('a trial yields what a hunt under the same parameters, stated in stowaway.yaml, yields', async () => {
  const stated = await huntLogs([], SILENCED);
  expect(open(stated.report.findings)).toEqual([]);
  expect(result.trials[1]).toEqual({
    findings: stated.report.findings,
    strategies: stated.report.strategies,
  });
  expect(stated.assumptions).toContain(
    'T1567/volume_ratio_low is 300 (stated: --set T1567/volume_ratio_low=300)',
  );
});

test('a backtest says what vanishes, by which terms, and what that does to precision', async () => {
  const outcome = backtest(result, result.trials[1]!, {
    changes: SILENCED,
    verdicts: await verdict('true_positive'),
    strategies: { before: strategies, after: applyChanges(strategies, SILENCED) },
  });
  expect(outcome).toMatchObject({ open: { before: 1, after: 0 }, unchanged: 0, failures: [] });
  expect(outcome.changes).toMatchObject([{ kind: 'vanishes', verdict: 'true_positive', instead: null }]);
  const why = outcome.changes[0]!.why;
  expect(why[0]).toMatch(
    /^outbound-volume \(uses volume_ratio_low\): 0\.90 → no hit; 39\.72 MiB out in an hour/,
  );
  expect(why[1]).toMatch(/^upload-ratio \(uses upload_ratio_floor_bytes\): 0\.60 .* → no hit/);
  expect(why.at(-1)).toBe('then its score 0.30 is under the 0.85 that one class needs (openAtSingleClass)');
  expect(outcome.verdicts!.lost.map(({ entity }) => entity.name)).toEqual(['10.20.0.16']);
  const { precision } = outcome.verdicts!;
  expect(precision.before.find(({ of }) => of === ID)).toMatchObject({ true_positives: 1, precision: 1 });
  expect(precision.after).toEqual([]);
});

test('a backtest of a change that touches nothing says so', () => {
  const changes = [parseChange('T1567/openAt=0.71')];
  const outcome = backtest(result, result.trials[2]!, {
    changes,
    verdicts: null,
    strategies: { before: strategies, after: applyChanges(strategies, changes) },
  });
  expect(outcome).toMatchObject({ changes: [], unchanged: 1, verdicts: null });
});

function target(name: string, values: number[], from = strategies): Target {
  const strategy = from.find(({ id }) => id === ID)!;
  return { strategy, parameter: tunablesOf(strategy).find((each) => each.name === name)!, values };
}

test('a value that loses a validated true positive is refused, and nothing is proposed', async () => {
  const tuning = await tune([target('volume_cold_low_bytes', [524288, 1048576, 1099511627776])], {
    strategies,
    ads: all,
    parameters: [],
    hunt: huntScenario,
    only: COLD,
  });
  expect(tuning).toMatchObject({ scenarios: 1, failing: [] });
  expect(tuning.sweeps[0]!.candidates.map(({ value, judgement }) => [value, judgement])).toEqual([
    [524288, 'same'],
    [1048576, 'current'],
    [1099511627776, expect.stringMatching(/refused|worse/)],
  ]);
  expect(tuning.sweeps[0]!.candidates[1]!.effect).toMatchObject({
    kept: [`${COLD} on 10.20.0.15`],
    margins: [{ margin: expect.closeTo(0.2163, 4), of: `${COLD} on 10.20.0.15` }],
  });
  expect(propose(tuning.sweeps)).toBeNull();
});

test('a value that rids the logs of a false positive and keeps the scenarios is proposed; nothing is written', async () => {
  const parameters = [SILENCED[1]!];
  const stated = applyChanges(strategies, parameters);
  const before = await readdir(folder);
  const run = async (word: string) => {
    const tuning = await tune([target('volume_ratio_low', [3, 10, 300, 1000], stated)], {
      strategies: stated,
      ads: all,
      parameters,
      hunt: huntScenario,
      only: COLD,
      verdicts: await verdict(word),
      huntLogs: (trials) => huntLogs(trials, parameters),
    });
    return { tuning, judged: tuning.sweeps[0]!.candidates.map(({ judgement }) => judgement) };
  };
  const wrong = await run('false_positive');
  expect(wrong.judged).toEqual(['current', 'same', 'better', 'better']);
  expect(propose(wrong.tuning.sweeps)).toMatchObject({ parameter: { name: 'volume_ratio_low' }, value: 300 });
  const right = await run('true_positive');
  expect(right.judged).toEqual(['current', 'same', 'refused', 'refused']);
  expect(propose(right.tuning.sweeps)).toBeNull();
  expect((await readdir(folder)).filter((name) => !before.includes(name))).toEqual([]);
});
