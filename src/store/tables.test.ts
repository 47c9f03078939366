import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { applySchema, EVENT_TABLES } from './schema.js';
import { openStore } from './store.js';
import { readTables } from './tables.js';

test('the columns read off the files are those the engine makes of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tables-'));
  const store = await openStore({ path: folder });
  await applySchema(store, contentFolder('schema'));
  const tables = await readTables(contentFolder('schema'));
  for (const table of EVENT_TABLES) {
    const described = await store.rows<{ name: string; type: string; default_type: string }>(
      `DESCRIBE TABLE ${table}`,
    );
    const plain = (type: string) => type.replaceAll(/\s/g, '');
    expect(
      tables.get(table)!.map(({ type, ...column }) => ({ ...column, type: plain(type) })),
      table,
    ).toEqual(
      described
        .filter(
          ({ name, default_type }) =>
            default_type !== 'MATERIALIZED' && !['source', 'load_id', 'file', 'line'].includes(name),
        )
        .map(({ name, type, default_type }) => ({
          name,
          hasDefault: default_type === 'DEFAULT',
          type: plain(type),
        })),
    );
  }
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
