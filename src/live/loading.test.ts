import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Journal } from '../model/live.js';
import type { Store } from '../store/store.js';
import { Loading } from './loading.js';

test('who loads is ready from the first tick on, not while it cannot load for long, and again afterwards', async () => {
  let isGone = false;
  const insert = async () => {
    if (isGone) throw new Error('connection refused');
  };
  const journal = { take: async () => [], status: () => ({ segments: 0 }) } as unknown as Journal;
  const loading = new Loading({
    ...{ store: { insert } as unknown as Store, journal, sources: [], name: 'one' },
    ...{ scratch: '/nowhere', unread: '/nowhere', keptDays: 30, onProblem: () => undefined },
    blindAfterSeconds: 0.2,
  });
  expect(loading.status().ready).toBe(false);
  await loading.tick();
  expect(loading.status().ready).toBe(true);
  isGone = true;
  await loading.tick();
  // One failure is none of the server's: the next tick may do.
  expect(loading.status()).toMatchObject({ ready: true, ticks: { last_error: 'connection refused' } });
  await sleep(250);
  await loading.tick();
  expect(loading.status().ready).toBe(false);
  isGone = false;
  await loading.tick();
  expect(loading.status().ready).toBe(true);
});
