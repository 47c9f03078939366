import { expect, test } from 'vitest';
import { applyChanges, tunablesOf } from '../model/parameter-change.js';
import { contentFolder } from '../model/paths.js';
import { readStrategies } from '../model/strategies.js';
import type { Parameter } from '../model/strategy.js';
import { sweepValues } from './sweep-values.js';

const parameter = (type: string, current: number | string, range?: [number, number]): Parameter => ({
  name: 'x',
  type,
  unit: 'x',
  default: current,
  reason: 'x',
  ...(range && { range }),
});

test.each([
  [
    'bytes double',
    parameter('UInt64', 4096, [1024, 1 << 30]),
    [1024, 2048, 4096, 8192, 16384, 32768, 65536, 1 << 30],
  ],
  [
    'a floor may start at nothing',
    parameter('UInt64', 1024, [0, 1 << 20]),
    [0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 1 << 20],
  ],
  ['small counts grow slower', parameter('UInt32', 3, [2, 1000]), [2, 3, 4, 6, 8, 12, 1000]],
  [
    'shares are even, with the current one',
    parameter('Float64', 0.85, [0, 1]),
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1],
  ],
  ['a text is not swept', parameter('String', 'a'), []],
])('%s', (_, given, expected) => {
  expect(sweepValues(given, 11)).toEqual(expected);
});

test('few steps are both ends and what lies next to the current value', () => {
  expect(sweepValues(parameter('UInt64', 4096, [1024, 1 << 30]), 5)).toEqual([
    1024,
    2048,
    4096,
    8192,
    1 << 30,
  ]);
});

test('every value tried of every parameter there is may be stated', async () => {
  const strategies = await readStrategies(contentFolder('strategies'));
  for (const strategy of strategies)
    for (const tunable of strategy.parameters) {
      const values = sweepValues(tunable, 11);
      expect(values, tunable.name).toContain(tunable.default);
      expect(values.length, tunable.name).toBeGreaterThan(3);
      expect(values.length, tunable.name).toBeLessThanOrEqual(12);
      for (const value of values)
        applyChanges([strategy], [{ strategy: strategy.id, name: tunable.name, value, where: 'here' }]);
    }
  expect(tunablesOf(strategies[0]!).map(({ name }) => name)).toContain('openAt');
});
