import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { applySchema, EVENT_TABLES, openLanding } from './schema.js';
import { shapeForServe } from './shape-for-serve.js';
import { openStore, type Store } from './store.js';
import { readTables } from './tables.js';

/** A server's store goes on under a later release, whose schema/ has files more. */

let folder: string;
let next: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-migration-'));
  next = join(folder, 'next');
  await cp(contentFolder('schema'), next, { recursive: true });
  store = await openStore({ path: join(folder, 'store') });
  await migrate(contentFolder('schema'));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const migrate = (schema: string) =>
  applySchema(store, schema, { shape: shapeForServe, further: { folder: join(schema, 'live') } });

const LATER = `-- What a later release adds.
ALTER TABLE network_activity ADD COLUMN IF NOT EXISTS vlan UInt16 DEFAULT 7 AFTER dst_endpoint_port;

ALTER TABLE connection ADD COLUMN IF NOT EXISTS vlan UInt16;

CREATE OR REPLACE FUNCTION protocol_name AS (number) -> 'another';

CREATE TABLE IF NOT EXISTS later (x UInt8) ENGINE = MergeTree ORDER BY x;
`;

const sizes = (table: string) =>
  store.rows<{ n: number; vlans: number[] }>(
    `SELECT count() AS n, arraySort(groupUniqArray(vlan)) AS vlans FROM ${table}`,
  );

const insertView = (more = '', values = '') =>
  store.run(
    `INSERT INTO landing_network_activity (time, src_endpoint_ip, dst_endpoint_ip, line${more}) VALUES (now(), '10.0.0.1', '192.0.2.1', rand()${values})`,
  );

test('rows stay, new columns reach every twin, and landing tables follow', async () => {
  await openLanding(store, 'network_activity');
  await insertView();
  await writeFile(join(next, '0007-later.sql'), LATER);
  await writeFile(
    join(next, '0008-view.sql'),
    'CREATE OR REPLACE VIEW egress AS SELECT entity_id, vlan FROM connection;\n',
  );
  await writeFile(
    join(next, 'live', '0104-later.sql'),
    'CREATE TABLE IF NOT EXISTS kept_later (x UInt8) ENGINE = MergeTree ORDER BY x;\n',
  );

  await migrate(next);

  await openLanding(store, 'network_activity');
  await insertView(', vlan', ', 12');
  for (const table of ['network_activity', 'network_open'])
    expect(await sizes(table), table).toEqual([{ n: 2, vlans: [7, 12] }]);
  for (const table of ['network_sealing', 'connection', 'connection_fresh', 'egress', 'egress_fresh'])
    expect((await sizes(table))[0]!.n, table).toBe(0);
  expect(
    await store.rows(
      "SELECT protocol_name('6') AS name, (SELECT count() FROM later) + (SELECT count() FROM kept_later) AS n",
    ),
  ).toEqual([{ name: 'another', n: 0 }]);
  const columns = (await readTables(next)).get('network_activity')!;
  expect(columns.find(({ name }) => name === 'vlan')).toEqual({
    name: 'vlan',
    type: 'UInt16',
    hasDefault: true,
  });
  // The next start finds nothing to do.
  const before = await store.rows('SELECT * FROM schema_version ORDER BY file');
  await migrate(next);
  expect(await store.rows('SELECT * FROM schema_version ORDER BY file')).toEqual(before);
  // Put the function back: it is the process's, not the folder's.
  await store.run(
    (await readFile(join(next, '0001-functions.sql'), 'utf8')).match(
      /CREATE OR REPLACE FUNCTION protocol_name[^;]+/,
    )![0],
  );
});

test('what was interrupted goes on with the file it was interrupted in', async () => {
  await writeFile(
    join(next, '0007-first.sql'),
    'ALTER TABLE later_not_there ADD COLUMN IF NOT EXISTS y UInt8;\n\nALTER TABLE network_activity ADD COLUMN IF NOT EXISTS vlan UInt16;\n',
  );
  await writeFile(
    join(next, '0008-second.sql'),
    'ALTER TABLE network_activity ADD COLUMN IF NOT EXISTS vlan_after UInt16 AFTER vlan;\n',
  );
  await expect(migrate(next)).rejects.toThrow(
    /^0007-first[.]sql could not be applied to this store: .*later_not_there.*; mend that and start again, it goes on with this file$/s,
  );
  const applied = () =>
    store.rows<{ file: string }>(
      "SELECT file FROM schema_version WHERE file BETWEEN '0007' AND '0100' ORDER BY file",
    );
  expect(await applied()).toEqual([]);
  await store.run('CREATE TABLE later_not_there (x UInt8) ENGINE = MergeTree ORDER BY x');
  await migrate(next);
  expect(await applied()).toEqual([{ file: '0007-first.sql' }, { file: '0008-second.sql' }]);
  expect(
    await store.rows(
      "SELECT count() AS n FROM system.columns WHERE database = currentDatabase() AND name LIKE 'vlan%'",
    ),
  ).toEqual([{ n: 6 }]);
});

test('a store of a newer release is refused in one line, and so is one made with another text', async () => {
  await writeFile(
    join(next, '0007-later.sql'),
    'CREATE TABLE IF NOT EXISTS later (x UInt8) ENGINE = MergeTree ORDER BY x;\n',
  );
  await migrate(next);
  await expect(migrate(contentFolder('schema'))).rejects.toThrow(
    /^0007-later[.]sql: this store is of release \S+, which knows more than this one \(\S+\); use that release or a newer one$/,
  );
  await writeFile(
    join(next, '0007-later.sql'),
    'CREATE TABLE IF NOT EXISTS later (y UInt8) ENGINE = MergeTree ORDER BY y;\n',
  );
  await expect(migrate(next)).rejects.toThrow(
    /^0007-later[.]sql: this store was made with another text of it, by release \S+ \([0-9a-f]{16}, here [0-9a-f]{16}\); use that release, or a new store$/,
  );
});

test('every file of today may be applied twice', async () => {
  await store.run('TRUNCATE TABLE schema_version');
  await migrate(contentFolder('schema'));
  const [{ n }] = (await store.rows<{ n: number }>(
    `SELECT count() AS n FROM system.tables WHERE database = currentDatabase() AND has([${EVENT_TABLES.map((name) => `'${name}'`).join()}], name)`,
  )) as [{ n: number }];
  expect(n).toBe(EVENT_TABLES.length);
});
