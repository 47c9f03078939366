import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { claimNumber } from '../store/claim.js';
import type { Store } from '../store/store.js';
import { Lease, LeaseLostError } from './lease.js';
import { openLiveStore } from './open-store.js';

/** Of several who want to judge over one store one does, and another when it is gone. */

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-lease-'));
  store = await openLiveStore({ path: join(folder, 'store') });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => store.run('TRUNCATE TABLE claim'));

/** Longer than any test takes, so that only what it says ends it. */
const LONG = 3600;

test('the first one judges, and keeps doing so', async () => {
  const [one, other] = [new Lease(store, LONG), new Lease(store, LONG)];
  await one.beat();
  await other.beat();
  await one.beat();
  expect([one.term, other.term]).toEqual([1, null]);
});

test('of many who ask at once at most one judges', async () => {
  const all = Array.from({ length: 12 }, () => new Lease(store, LONG));
  await Promise.all(all.map((each) => each.beat()));
  expect(all.filter(({ term }) => term !== null).length).toBeLessThanOrEqual(1);
});

test('who leaves makes room at once', async () => {
  const [one, other] = [new Lease(store, LONG), new Lease(store, LONG)];
  await one.beat();
  await one.leave();
  await other.beat();
  expect([one.term, other.term]).toEqual([null, 2]);
});

test('who is not heard of loses it, and nothing more is asked in its name', async () => {
  const gone = new Lease(store, 5);
  await gone.beat();
  const fenced = gone.fence(store);
  expect(await fenced.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  const other = new Lease(store, 5);
  await expect.poll(() => other.beat().then(() => other.term), { timeout: 60_000, interval: 500 }).toBe(2);
  expect(gone.term).toBeNull();
  for (const asked of [
    () => fenced.rows('SELECT 1 AS one'),
    () => fenced.run('SELECT 1'),
    () => fenced.insert('claim', [{ name: 'x', number: 1, holder: 'x' }]),
  ])
    await expect(asked()).rejects.toThrow(LeaseLostError);
});

test('a term that was lost is not the next one: what was fenced by it stays out', async () => {
  const lease = new Lease(store, LONG);
  await lease.beat();
  const before = lease.fence(store);
  await lease.leave();
  await lease.beat();
  expect(lease.term).toBe(2);
  await expect(before.rows('SELECT 1')).rejects.toThrow(LeaseLostError);
  expect(await lease.fence(store).rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('no two have the same number, however many claim at once', async () => {
  const numbers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => claimNumber(store, 'load', `holder ${index}`)),
  );
  expect(new Set(numbers).size).toBe(20);
});
