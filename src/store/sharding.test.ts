import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { EVENT_TABLES, readSchema } from './schema.js';
import { shapeForServe } from './shape-for-serve.js';
import { shapeForCluster } from './sharding.js';

/** What the files of schema/ become on a node of a cluster. What such tables hold is told by test/cluster.test.ts. */

const folder = contentFolder('schema');

async function statementsOf(isReplicated: boolean): Promise<string[]> {
  const spread = shapeForCluster({ cluster: 'two', isReplicated });
  const own = (await readSchema(folder)).flatMap(({ statements }) => statements.flatMap(shapeForServe));
  const live = (await readSchema(join(folder, 'live'))).flatMap(({ statements }) => statements);
  return [...own, ...live].flatMap(spread);
}

test('every event table is spread, by columns that are in what makes its rows the same', async () => {
  const statements = await statementsOf(false);
  for (const table of EVENT_TABLES) {
    const distributed = statements.find((one) =>
      one.startsWith(`CREATE TABLE IF NOT EXISTS ${table}_sharded AS`),
    );
    const [, key] = /cityHash64\((.*)\)\)$/.exec(distributed!)!;
    const local = statements.find((one) => one.includes(`CREATE TABLE IF NOT EXISTS ${table}_local (`))!;
    const [, same] = /event_uid UInt64 MATERIALIZED cityHash64\(([^)]*)\)/.exec(local)!;
    expect(same!.split(/,\s*/)).toEqual(expect.arrayContaining(key!.split(', ')));
    expect(statements).toContain(
      `CREATE OR REPLACE VIEW ${table} AS SELECT *, event_uid FROM ${table}_sharded`,
    );
  }
});

test('what is derived is a table like everywhere', async () => {
  const statements = await statementsOf(false);
  expect(statements.filter((one) => /CREATE TABLE IF NOT EXISTS connection\b/.test(one))).toHaveLength(1);
  expect(statements.join('\n')).not.toContain('Replicated');
});

test('a column that a later file adds comes to the parts, to the whole and to the view', () => {
  const spread = shapeForCluster({ cluster: 'two', isReplicated: false });
  expect(spread('ALTER TABLE dns_activity ADD COLUMN IF NOT EXISTS vlan UInt16')).toEqual([
    'ALTER TABLE dns_activity_local ADD COLUMN IF NOT EXISTS vlan UInt16',
    'ALTER TABLE dns_activity_sharded ADD COLUMN IF NOT EXISTS vlan UInt16',
    'CREATE OR REPLACE VIEW dns_activity AS SELECT *, event_uid FROM dns_activity_sharded',
  ]);
  expect(
    spread('ALTER TABLE dns_activity ADD INDEX IF NOT EXISTS by_name query_hostname TYPE minmax'),
  ).toEqual(['ALTER TABLE dns_activity_local ADD INDEX IF NOT EXISTS by_name query_hostname TYPE minmax']);
});

test('with replicas every table that holds rows is replicated, and keeps what its engine takes', async () => {
  const statements = await statementsOf(true);
  const made = statements.filter((one) => /ENGINE = \w*MergeTree/.test(one));
  expect(made.length).toBeGreaterThan(40);
  const place = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`;
  for (const statement of made)
    expect(statement).toMatch(/ENGINE = Replicated(?:Replacing|Aggregating)?MergeTree\('\/clickhouse\//);
  expect(made.find((one) => one.includes('EXISTS finding ('))).toContain(
    `ENGINE = ReplicatedReplacingMergeTree(${place}, version)`,
  );
});
