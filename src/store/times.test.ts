import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { applySchema } from './schema.js';
import { openStore, type Store } from './store.js';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'times-'));
  store = await openStore({ path: folder });
  await applySchema(store, contentFolder('schema'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['1763694000.5', '2025-11-21 03:00:00.500000'],
  ['2026-11-21T03:00:00.123456789+05:30', '2026-11-20 21:30:00.123456'],
  ['2026-06-30T23:59:60Z', '2026-07-01 00:00:00.000000'],
  ['2026-11-21T08:00:99Z', null],
  ['2026-11-21T08:61:00Z', null],
  ['2026-11-21 24:00:00', null],
  ['2026-02-31T00:00:00Z', null],
  ['12345678901', null],
  ['', null],
])('to_time of %j is %j', async (text, time) => {
  const [row] = await store.rows<{ time: string | null }>('SELECT to_time({text:String}) AS time', { text });
  expect(row!.time).toBe(time);
});
