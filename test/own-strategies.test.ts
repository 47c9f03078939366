import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAllAds } from '../src/ads/folder.js';
import { formatIssues, lintStrategies } from '../src/ads/lint.js';
import { scaffoldStrategy } from '../src/ads/scaffold.js';
import { testScenarios } from '../src/ads/test.js';
import { contentFolder } from '../src/model/paths.js';
import { readStrategies } from '../src/model/strategies.js';
import { Hunts } from '../src/pipeline.js';

let into: string;
const looked = { tactic: 'exfiltration', detectionStrategy: 'DET0512', analytic: 'AN1413' };
beforeAll(async () => {
  into = await mkdtemp(join(tmpdir(), 'own-'));
});
afterAll(() => rm(into, { recursive: true, force: true }));

test('a scaffold lints, and its scenarios pass in a hunt with all strategies', async () => {
  await scaffoldStrategy({ technique: 'T1048.003', name: 'sends-mail', into, ...looked });
  expect(formatIssues(await lintStrategies(into))).toBe('');
  await using hunts = new Hunts({ strategies: [into] });
  const outcomes = await testScenarios(await readAllAds(into), hunts.huntScenario);
  expect(outcomes.map(({ scenario, reasons }) => [scenario, ...reasons])).toEqual([
    ['fires-on-a-large-upload'],
    ['misses-upload-under-the-floor'],
    ['quiet-large-download'],
  ]);
});

test('ids that nobody looked up are warnings', async () => {
  const folder = join(into, 'second');
  await scaffoldStrategy({ technique: 'T1041', name: 'talks', into: folder, tactic: 'exfiltration' });
  const issues = await lintStrategies(folder);
  expect(issues.map(({ severity, message }) => [severity, message])).toEqual([
    ['warning', 'DET0000 is a placeholder'],
    ['warning', 'AN0000 is a placeholder'],
  ]);
});

test.each([
  [{ technique: 'T10' }, 'no technique'],
  [{ name: '../up' }, 'lower case words'],
  [{ tactic: 'exfil' }, 'no tactic'],
  [{}, 'is there already'],
])('%o is refused: %s', async (values, message) => {
  const wanted = { technique: 'T1048.003', name: 'sends-mail', into, ...looked, ...values };
  await expect(scaffoldStrategy(wanted)).rejects.toThrow(message);
});

test('a strategy has one place', async () => {
  const ours = contentFolder('strategies');
  await expect(readStrategies(ours, ours)).rejects.toThrow(/is in .* as well/);
});
