import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, openBench } from './embedded-store.js';
import { root } from './recorded.js';

/** What `docker inspect` tells of a container holds the passwords it was started with. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

test('values of environment variables are stored nowhere', async () => {
  const [container] = JSON.parse(
    readFileSync(join(root, 'sources', 'docker-inspect', 'sample.json'), 'utf8'),
  ) as [{ Config: { Env: string[] | null } }];
  container.Config.Env = ['API_KEY=correct-horse-battery'];
  const file = join(bench.folder, 'inspect.json');
  await writeFile(file, JSON.stringify([container]));
  const { inputs } = await bench.ingest(file);
  expect(inputs.map(({ source, events }) => [source, events])).toEqual([['docker-inspect', 1]]);
  const tables = await bench.store.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  );
  for (const { name } of tables) {
    const rows = await bench.store.rows(`SELECT * FROM ${name}`);
    expect([name, JSON.stringify(rows).includes('correct-horse')]).toEqual([name, false]);
  }
});
