import { expect, test } from 'vitest';
import type { Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import { askTrials } from './ask-trials.js';
import { answerTo } from './run-analytics.js';

const strategyWith = (floor: number, ratio = 2) =>
  ({
    id: 'T1',
    parameters: [
      { name: 'floor', default: floor },
      { name: 'ratio', default: ratio },
    ],
    analytics: [{ id: 'bulk', file: 'bulk.sql', sql: 'SELECT', parameters: ['floor', 'ratio'] }],
  }) as unknown as Strategy;

/** A store whose one row of 100 bytes is over the floor or not, and the floors it was asked for. */
function storeOf(bytes: number, failsUnder = -1) {
  const asked: number[] = [];
  const store = {
    rows: async (_: string, { floor, ratio }: { floor: number; ratio: number }) => {
      asked.push(floor);
      if (floor === failsUnder) throw new Error('no memory');
      return bytes >= floor ? [{ bytes, ratio }] : [];
    },
  } as unknown as Store;
  return { store, asked };
}

const floors = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const now = [strategyWith(16)];
const trials = floors.map((floor) => [strategyWith(floor)]);

/** What who reads an answer gets; it asks where nothing was asked. */
async function answersOf(store: Store) {
  const answers = await askTrials(store, { now, trials, visibility: [] });
  return async (floor: number) =>
    (await answerTo(store, now[0]!.analytics[0]!, { floor, ratio: 2 }, answers)).length;
}

test('between two values under which an analytic says the same it is not asked again', async () => {
  const { store, asked } = storeOf(0);
  const rowsUnder = await answersOf(store);
  expect(asked.sort((a, b) => a - b)).toEqual([1, 16, 256]);
  expect(await Promise.all(floors.map(rowsUnder))).toEqual(floors.map(() => 0));
});

test.each([1, 3, 16, 40, 100, 200, 255, 1000])(
  'an answer that turns at %i bytes is found for each value',
  async (bytes) => {
    const { store, asked } = storeOf(bytes);
    const rowsUnder = await answersOf(store);
    expect(await Promise.all(floors.map(rowsUnder))).toEqual(floors.map((floor) => (bytes >= floor ? 1 : 0)));
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(new Set(asked).size).toBe(asked.length);
  },
);

test('what fails is told of the value that failed, and of no other', async () => {
  const { store } = storeOf(1000, 256);
  const rowsUnder = await answersOf(store);
  await expect(rowsUnder(256)).rejects.toThrow('no memory');
  expect(await rowsUnder(128)).toBe(1);
});

test('a change of two parameters at once is left to who asks for it', async () => {
  const { store, asked } = storeOf(0);
  const answers = await askTrials(store, { now, trials: [[strategyWith(1, 3)]], visibility: [] });
  expect([answers.size, asked]).toEqual([0, []]);
});
