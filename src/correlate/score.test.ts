import { describe, expect, test } from 'vitest';
import type { Hit } from '../model/strategy.js';
import { scoreEpisode } from './score.js';
import { hit, strategy } from './testing/made-up.js';

const score = (...hits: Hit[]) =>
  scoreEpisode({ strategy: strategy(), entityId: 'workload:app', hits, from: '', to: '' });
const countedIn = (...hits: Hit[]) =>
  score(...hits)
    .terms.filter(({ counted }) => counted)
    .map(({ analytic }) => analytic);

describe('noisy-or', () => {
  test('of one, two and three classes', () => {
    expect(score(hit('volume', 0.7)).score).toBe(0.7);
    // 1 − 0.3 · 0.5
    expect(score(hit('volume', 0.7), hit('tool', 0.5)).score).toBe(0.85);
    // 1 − 0.3 · 0.5 · 0.6
    expect(score(hit('volume', 0.7), hit('tool', 0.5), hit('exec', 0.4)).score).toBe(0.91);
  });

  test('does not depend on the order of the hits', () => {
    const hits = [hit('exec', 0.4), hit('tool', 0.5), hit('volume', 0.7)];
    expect(score(...hits)).toEqual(score(...[...hits].reverse()));
  });

  test('only the strongest of a class counts; the others are told and not counted', () => {
    const { score: value, terms, classes } = score(hit('ratio', 0.6), hit('volume', 0.7), hit('volume', 0.3));
    expect(value).toBe(0.7);
    expect(classes).toEqual(['traffic']);
    expect(terms.map(({ analytic, likelihood, counted }) => [analytic, likelihood, counted])).toEqual([
      ['volume', 0.7, true],
      ['ratio', 0.6, false],
    ]);
  });

  test('likelihoods under 0.2 add nothing, however many', () => {
    expect(score(hit('volume', 0.7), hit('tool', 0.19), hit('exec', 0.19)).score).toBe(0.7);
    expect(score(hit('volume', 0.7), hit('tool', 0.2)).score).toBe(0.76);
    expect(countedIn(hit('volume', 0.19))).toEqual([]);
  });
});

describe('what is said of a destination', () => {
  const volume = hit('volume', 0.7, { destinations: ['198.51.100.1'] });
  const seen = (...destinations: string[]) => hit('first-seen', 0.5, { destinations });

  test('counts where bytes went there', () => {
    expect(countedIn(volume, seen('198.51.100.1', '198.51.100.2'))).toEqual(['volume', 'first-seen']);
  });

  test('is dropped where bytes went elsewhere', () => {
    expect(score(volume, seen('198.51.100.2')).terms.map(({ analytic }) => analytic)).toEqual(['volume']);
  });

  test('stays when it is about no destination, or when the trigger names none', () => {
    expect(countedIn(volume, hit('exec', 0.5))).toContain('exec');
    expect(countedIn(hit('tool', 0.7), seen('198.51.100.2'))).toContain('first-seen');
  });

  test('a trigger too weak to count links nothing', () => {
    const weak = hit('ratio', 0.1, { destinations: ['198.51.100.2'] });
    expect(countedIn(volume, weak, seen('198.51.100.2'))).toEqual(['volume']);
  });
});

describe('opens', () => {
  test('at one threshold with several classes, at a higher one with a single class', () => {
    expect(score(hit('volume', 0.8)).isOpen).toBe(false);
    expect(score(hit('volume', 0.85)).isOpen).toBe(true);
    expect(score(hit('volume', 0.5), hit('exec', 0.2)).isOpen).toBe(true);
    expect(score(hit('volume', 0.4), hit('exec', 0.3)).isOpen).toBe(false);
  });

  test('never on context alone', () => {
    expect(score(hit('exec', 0.95), hit('first-seen', 0.95)).isOpen).toBe(false);
  });

  test('never without a hit that makes it this technique', () => {
    expect(score(hit('tool', 0.95), hit('exec', 0.9)).isOpen).toBe(false);
    expect(score(hit('tool', 0.95), hit('volume', 0.19)).isOpen).toBe(false);
    expect(score(hit('tool', 0.95), hit('volume', 0.2)).isOpen).toBe(true);
  });
});
