import { expect, test } from 'vitest';
import { remembering } from './remember.js';
import type { QueryParameters, Store } from './store.js';

test('each question is asked once, and each who asks gets a list of their own', async () => {
  const asked: [string, QueryParameters | undefined][] = [];
  const rows = async (sql: string, parameters?: QueryParameters) => {
    asked.push([sql, parameters]);
    return [3, 1, 2];
  };
  const store = remembering({ kind: 'embedded', rows } as unknown as Store);
  const [first, second] = await Promise.all([store.rows<number>('SELECT 1'), store.rows<number>('SELECT 1')]);
  expect(first.sort()).toEqual([1, 2, 3]);
  expect(second).toEqual([3, 1, 2]);
  await store.rows('SELECT 1', { floor: 2 });
  await store.rows('SELECT 1', { floor: 2 });
  expect(asked).toEqual([
    ['SELECT 1', {}],
    ['SELECT 1', { floor: 2 }],
  ]);
});
