import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Store } from '../store/store.js';
import { Stillness } from './stillness.js';

const counting = (): { store: Store; table: number[] } => {
  const table = [1, 2, 3];
  return { table, store: { rows: async () => [...table] } as unknown as Store };
};

test('a question waits until what was emptied is full again, also when filling fails', async () => {
  const { store, table } = counting();
  const still = new Stillness();
  const looking = still.over(store);
  for (const isFailing of [false, true]) {
    const working = still.disturbedBy(async () => {
      table.length = 0;
      await sleep(20);
      table.push(1, 2, 3);
      if (isFailing) throw new Error('no memory');
    });
    expect(await looking.rows('SELECT 1')).toEqual([1, 2, 3]);
    await (isFailing ? expect(working).rejects.toThrow('no memory') : working);
  }
  expect(await looking.rows('SELECT 1')).toEqual([1, 2, 3]);
});

test('nobody waits for ever', async () => {
  const { store, table } = counting();
  const still = new Stillness();
  let resolve = (): void => undefined;
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  const working = still.disturbedBy(() => promise);
  table.length = 0;
  expect(await still.over(store, 20).rows('SELECT 1')).toEqual([]);
  resolve();
  await working;
});
