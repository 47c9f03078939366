import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { type Ads, readAllAds } from './folder.js';
import { KEPT_OUTCOMES, keepOutcomes, readValidations } from './kept-outcomes.js';
import { scaffoldStrategy } from './scaffold.js';
import type { ScenarioOutcome } from './test.js';

let root: string;
let all: Ads[];
const ID = 'T1048.003-sends-mail';
const AT = new Date('2026-11-22T12:00:00.000Z');
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kept-'));
  await scaffoldStrategy({ technique: 'T1048.003', name: 'sends-mail', into: root, tactic: 'exfiltration' });
  all = await readAllAds(root);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const outcomesOf = (ads: Ads): ScenarioOutcome[] =>
  ads.scenarios.map(({ id, sentence }, index) => ({
    ...{ strategy: ads.id, scenario: id, sentence, elapsedSeconds: 1, sources: ['zeek-conn'] },
    ...(index === 0 ? { passed: false, reasons: ['no finding'] } : { passed: true, reasons: [] }),
  }));
const keep = (outcomes: ScenarioOutcome[]) =>
  keepOutcomes(all, outcomes, { version: '1.2.3', now: () => AT });
const read = async () => (await readValidations(await readAllAds(root)))[0]!;

test('nothing is known before anything was kept', async () => {
  expect(await read()).toEqual({
    ...{ strategy: ID, currency: 'not tested', at: null, version: null, outcomes: [] },
  });
});

test('what was kept is current until something changes that it depends on', async () => {
  expect(await keep(outcomesOf(all[0]!))).toEqual([join(root, KEPT_OUTCOMES)]);
  const kept = await read();
  expect(kept).toMatchObject({ currency: 'current', at: AT.toISOString(), version: '1.2.3' });
  expect(kept.outcomes).toHaveLength(all[0]!.scenarios.length);
  expect(kept.outcomes[0]).toMatchObject({ passed: false, reasons: ['no finding'], sources: ['zeek-conn'] });

  await appendFile(join(root, ID, 'playbook.yaml'), '# what a responder does\n');
  expect((await read()).currency).toBe('current');
  // Beside others it is the same.
  const beside = await readValidations(await readAllAds(contentFolder('strategies'), root));
  expect(beside.find(({ strategy }) => strategy === ID)?.currency).toBe('current');

  await appendFile(join(root, ID, 'strategy.md'), '\n');
  expect(await read()).toMatchObject({ currency: 'other inputs', at: AT.toISOString(), outcomes: [] });
});

test('a part of the scenarios replaces nothing', async () => {
  await keep(outcomesOf(all[0]!));
  const file = join(root, KEPT_OUTCOMES);
  const before = await readFile(file, 'utf8');
  expect(await keep(outcomesOf(all[0]!).slice(1))).toEqual([]);
  expect(await readFile(file, 'utf8')).toBe(before);
});

test.each(['not json', '{"version":2}', '{"version":1,"strategies":{"x":{"inputs":"y"}}}'])(
  'a file that holds something else is told: %s',
  async (text) => {
    await writeFile(join(root, KEPT_OUTCOMES), text);
    await expect(read()).rejects.toThrow(`${KEPT_OUTCOMES} holds no outcomes of scenarios: write it again`);
  },
);
