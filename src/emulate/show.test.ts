import { expect, test } from 'vitest';
import { describeRepetitions, repetitionsOf } from './show.js';
import type { Verdict } from './verdict.js';

const ran = (emulation: string, verdict: Verdict, strategy = 'T1-a') =>
  ({ emulation, strategy, verdict }) as never;

test('several runs of an emulation are compared, with those of the same strategy only', () => {
  const repetitions = repetitionsOf([
    ...[ran('put', 'found'), ran('put', 'found'), ran('put', 'found', 'T2-b')],
    ...[ran('twin', 'quiet'), ran('twin', 'not run'), ran('twin', 'quiet')],
    ran('once', 'missed'),
  ]);
  expect(repetitions).toEqual([
    { emulation: 'put', strategy: 'T1-a', verdicts: { found: 2 }, agree: true },
    { emulation: 'twin', strategy: 'T1-a', verdicts: { quiet: 2, 'not run': 1 }, agree: false },
  ]);
  expect(describeRepetitions(repetitions)).toBe(
    '\nput: all runs agree: 2 found\ntwin: RUNS DISAGREE: 2 quiet, 1 not run\n',
  );
});

test('nothing is said of runs that nobody repeated', () => {
  expect(describeRepetitions(repetitionsOf([ran('put', 'found')]))).toBe('');
});
