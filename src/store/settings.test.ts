import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from './store.js';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-settings-'));
  store = await openStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const ASKED = "SELECT getSetting('max_threads') AS threads, getSetting('max_block_size') AS block";
/** Of all connections: statements side by side take one each. */
const settings = (under = {}) => Promise.all([1, 2, 3].map(() => store.rows(ASKED, {}, under)));
const all = (one: object) => [[one], [one], [one]];

test('what one statement sets is as before for the next, on every connection', async () => {
  const usual = all({ threads: 2, block: 65_409 });
  expect(await settings()).toEqual(usual);
  expect(await settings({ max_threads: 1, max_block_size: '1024' })).toEqual(
    all({ threads: 1, block: 1024 }),
  );
  expect(await settings({ max_block_size: '2048' })).toEqual(all({ threads: 2, block: 2048 }));
  expect(await settings()).toEqual(usual);
});

test('a setting that the engine does not know is said, and the next statement runs', async () => {
  await expect(settings({ max_thread: 1 })).rejects.toThrow(/max_thread/);
  expect(await settings()).toEqual(all({ threads: 2, block: 65_409 }));
});
