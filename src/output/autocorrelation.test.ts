import { describe, expect, test } from 'vitest';
import { autocorrelate } from './autocorrelation.js';

/** The same numbers each time, spread over 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('what repeats itself', () => {
  test.each([
    ['every minute', 60, 0, 120],
    ['every hour, give or take three minutes', 3600, 180, 100],
    ['thrice a second', 1 / 3, 0.01, 400],
  ])('%s is told with its period', (_name, period, jitter, count) => {
    const random = numbers(7);
    const times = Array.from({ length: count }, (_, index) => index * period + (random() - 0.5) * 2 * jitter);
    const { period: found } = autocorrelate(times.sort((a, b) => a - b))!;
    expect(Math.abs(found!.seconds - period)).toBeLessThan(0.1 * period);
  });

  test('bursts an hour apart repeat after an hour, not after a second', () => {
    const times = Array.from({ length: 24 }, (_, hour) =>
      Array.from({ length: 5 }, (_, index) => hour * 3600 + index),
    ).flat();
    expect(autocorrelate(times)!.period!.seconds / 3600).toBeCloseTo(1, 1);
  });
});

test('what comes by chance has no period', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = numbers(seed);
    let at = 0;
    const times = Array.from({ length: 300 }, () => {
      at += -Math.log(1 - random()) * 60;
      return at;
    });
    expect([seed, autocorrelate(times)!.period]).toEqual([seed, null]);
  }
});

test.each([
  ['none', []],
  ['too few', [1, 2, 3]],
  ['all at once', [5, 5, 5, 5, 5, 5, 5]],
])('%s has none to be told', (_name, times) => {
  expect(autocorrelate(times)).toBeNull();
});
