import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.js';
import { applyChanges, currentValue, parseChange, parseTarget } from './parameter-change.js';
import { contentFolder } from './paths.js';
import { readStrategies } from './strategies.js';

const all = await readStrategies(contentFolder('strategies'));
const id = 'T1567-exfiltration-over-web-service';
const change = (name: string, value: number | string, strategy = id) => ({
  strategy,
  name,
  value,
  where: 'here',
});
const of = (strategies: typeof all) => strategies.find((strategy) => strategy.id === id)!;

describe('a change is written as STRATEGY/PARAMETER=VALUE', () => {
  test.each([
    ['T1567/upload_ratio_min=8', 'T1567', 'upload_ratio_min', 8],
    ['T1567.001/push_floor_bytes=1024', 'T1567.001', 'push_floor_bytes', 1024],
    ['T1567.001.push_floor_bytes=1024', 'T1567.001', 'push_floor_bytes', 1024],
    [`${id}/openAt=0.7`, id, 'openAt', 0.7],
    ['T1567/upload_ratio_min=many', 'T1567', 'upload_ratio_min', 'many'],
  ])('%s', (text, strategy, name, value) => {
    expect(parseChange(text)).toEqual({ strategy, name, value, where: `--set ${text}` });
  });

  test.each(['T1567=8', 'upload_ratio_min', 'T1567/upload_ratio_min', 'T1567/upload_ratio_min=', '/x=1', ''])(
    '"%s" is none',
    (text) => {
      expect(() => parseChange(text)).toThrow(`--set ${text}: write it as STRATEGY/PARAMETER=VALUE`);
    },
  );

  test('a sub-technique alone is a strategy, not a parameter of its parent', () => {
    expect(parseTarget('T1567.001')).toEqual({ strategy: 'T1567.001', name: null });
  });
});

test('a change takes the place of the default, and leaves everything else as it is', () => {
  const changed = applyChanges(all, [change('upload_ratio_min', 8), change('openAt', 0.7, 'T1567')]);
  expect(of(changed).openAt).toBe(0.7);
  expect(currentValue(changed, change('upload_ratio_min', 0))).toBe(8);
  expect(currentValue(all, change('upload_ratio_min', 0))).toBe(5);
  expect(changed.filter((strategy, index) => strategy !== all[index]).map((strategy) => strategy.id)).toEqual(
    [id],
  );
});

test.each([
  ['an unknown strategy', change('upload_ratio_min', 8, 'T9999'), 'T9999 names no strategy; there are T1020'],
  [
    'an unknown parameter',
    change('upload_ratio', 8),
    'has no parameter upload_ratio; it has volume_floor_bytes',
  ],
  ['a text for a number', change('upload_ratio_min', 'x'), 'upload_ratio_min is a number, not x'],
  [
    'a part of a byte',
    change('volume_floor_bytes', 2048.5),
    'volume_floor_bytes is a whole number, not 2048.5',
  ],
  [
    'a value under the range',
    change('volume_floor_bytes', 1),
    'it must lie between 1024 and 1073741824 bytes',
  ],
  ['a score over 1', change('openAt', 1.5), 'it must lie between 0 and 1'],
  ['thresholds that cross', change('openAt', 0.9), 'openAtSingleClass (0.85) would be below openAt (0.9)'],
])('%s is refused, with its place', (_, mistake, message) => {
  expect(() => applyChanges(all, [mistake])).toThrow(message);
  expect(() => applyChanges(all, [mistake])).toThrow(/^here: /);
});

test('a value stated twice, by id and by technique, is a mistake', () => {
  const twice = [change('openAt', 0.7), { ...change('openAt', 0.8, 'T1567'), where: 'there' }];
  expect(() => applyChanges(all, twice)).toThrow(`there: ${id}/openAt is stated at here already`);
});

test('every mistake is told at once', () => {
  const mistakes = [change('nothing', 1), change('openAt', 2)];
  expect(() => applyChanges(all, mistakes)).toThrow(/no parameter nothing[\s\S]*\nhere: openAt is 2/);
});

test('what stowaway.yaml states has its place in the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parameters-'));
  const file = join(folder, 'stowaway.yaml');
  await writeFile(file, 'parameters:\n  T1567.001:\n    push_floor_bytes: 1048576\n  T1020:\n    beats: 4\n');
  const { parameters } = await readConfig(file);
  await rm(folder, { recursive: true });
  expect(parameters).toEqual([
    { strategy: 'T1567.001', name: 'push_floor_bytes', value: 1048576, where: `${file}:3:5` },
    { strategy: 'T1020', name: 'beats', value: 4, where: `${file}:5:5` },
  ]);
  expect(() => applyChanges(all, parameters)).toThrow(`${file}:5:5: T1020-automated-exfiltration has no`);
});
