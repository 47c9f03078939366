import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../store/store.js';
import { NotedLoads } from './noted-loads.js';
import { openLiveStore } from './open-store.js';

const folder = mkdtempSync(join(tmpdir(), 'stowaway-noted-'));
let store: Store;
beforeAll(async () => {
  store = await openLiveStore({ path: join(folder, 'store') });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const note = (load_id: number, secondsAgo: number) =>
  store.insert('load', [
    {
      ...{ load_id, source: 'falco', file: '', content_hash: '', is_baseline: 0 },
      ...{ rows_read: 3, rows_stored: 2, rows_rejected: 1 },
      at: new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19).replace('T', ' '),
    },
  ]);

test('what others noted is told once, though the one who judges could not look for an hour', async () => {
  await note(1001, 0);
  const noted = new NotedLoads(store);
  expect((await noted.take()).loads).toEqual([]);
  await note(1002, 0);
  expect(await noted.take()).toMatchObject({
    loads: [1002],
    inputs: [{ source: 'falco', events: 2, rejected: 1 }],
  });
  await note(1003, 3000);
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000);
  expect((await noted.take()).loads).toEqual([1003]);
  expect((await noted.take()).loads).toEqual([]);
});

test('what could not be looked at is told when it can be', async () => {
  const noted = new NotedLoads(store);
  await noted.take();
  await note(1004, 0);
  const rows = store.rows.bind(store);
  const asked = vi.spyOn(store, 'rows');
  asked.mockImplementation((sql, ...rest) =>
    sql.includes('stored') && !sql.includes('FROM load')
      ? Promise.reject(new Error('a shard is gone'))
      : rows(sql, ...rest),
  );
  await expect(noted.take()).rejects.toThrow('a shard is gone');
  asked.mockRestore();
  expect((await noted.take()).loads).toEqual([1004]);
});
