import { expect, test } from 'vitest';
import { type Answers, keyOf, valuesFor } from '../detect/run-analytics.js';
import type { Analytic, Strategy } from '../model/strategy.js';
import { StandingAnswers } from './standing-answers.js';

const analytic = (id: string) => ({ id, file: `${id}.sql`, parameters: [] as string[] }) as Analytic;
const shared = analytic('shared');
const strategy = (tickSeconds: number, ...analytics: Analytic[]) =>
  ({ tickSeconds, analytics, parameters: [] as Strategy['parameters'] }) as Strategy;
const patient = strategy(15, shared, analytic('slow'));
const impatient = strategy(5, shared, analytic('quick'));

/** Asks what has no answer, as a tick does; tells what it asked. */
async function tick(standing: StandingAnswers, now: number, failing: string[] = []): Promise<string[]> {
  const answers: Answers = standing.standing(now);
  const asked: string[] = [];
  for (const one of [patient, impatient]) {
    for (const each of one.analytics) {
      const key = keyOf(each, valuesFor(each, one));
      if (answers.has(key)) continue;
      asked.push(each.id);
      answers.set(
        key,
        failing.includes(each.id) ? Promise.reject(new Error('no memory')) : Promise.resolve([]),
      );
    }
  }
  await standing.keep(answers, now);
  return asked.sort();
}

test('each analytic is asked as often as the most impatient of its strategies wants', async () => {
  const standing = new StandingAnswers([patient, impatient]);
  const asked = [];
  for (const now of [0, 4900, 9700, 14_800, 15_000]) asked.push(await tick(standing, now));
  expect(asked).toEqual([
    ['quick', 'shared', 'slow'],
    ['quick', 'shared'],
    ['quick', 'shared'],
    ['quick', 'shared', 'slow'],
    [],
  ]);
});

test('what changed is owed an answer once it is due, and no longer than until it is asked', async () => {
  const standing = new StandingAnswers([patient, impatient]);
  await tick(standing, 0);
  expect(standing.isOwed(60_000)).toBe(false);
  standing.changed(1000);
  expect([standing.isOwed(1000), standing.isOwed(5000)]).toEqual([false, true]);
  await tick(standing, 5000);
  // The patient one has not looked yet.
  expect([standing.isOwed(6000), standing.isOwed(15_000)]).toEqual([false, true]);
  await tick(standing, 15_000);
  expect(standing.isOwed(60_000)).toBe(false);
});

test('a question that failed is asked again at once, and all are when nothing stands', async () => {
  const standing = new StandingAnswers([patient, impatient]);
  await tick(standing, 0, ['slow']);
  expect(await tick(standing, 1)).toEqual(['slow']);
  standing.forget();
  expect(await tick(standing, 2)).toEqual(['quick', 'shared', 'slow']);
});
