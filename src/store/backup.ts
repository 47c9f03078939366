import { textLiteral } from './literal.js';
import type { Applied, SchemaFile } from './schema.js';
import type { Store } from './store.js';

/** Where the engine lays a backup: a folder it reaches, or, on a server, a disk it allows (`backups.allowed_disk`) and a name there. */
export type BackupPlace = { file: string } | { disk: string; name: string };

/** Rows of each table that holds any of its own. They were counted before and after: what came meanwhile may be in the backup or not. */
export type RowCounts = Record<string, { least: number; most: number }>;

export interface TablesBackup {
  database: string;
  schema: Applied[];
  rows: RowCounts;
}

/** What a store holds is not what it should. */
export class BackupError extends Error {
  override name = 'BackupError';
}

const placeOf = (place: BackupPlace): string =>
  'file' in place
    ? `File(${textLiteral(place.file)})`
    : `Disk(${textLiteral(place.disk)}, ${textLiteral(place.name)})`;

/** Lays all tables of the store's database at a place where nothing lies yet. Rows may be added meanwhile; each insert is in it whole or not at all. */
export async function backUpTables(store: Store, place: BackupPlace): Promise<TablesBackup> {
  const [{ database }] = (await store.rows('SELECT currentDatabase() AS database')) as [{ database: string }];
  const schema = await store.rows<Applied>('SELECT file, hash, release FROM schema_version ORDER BY file');
  await refuseCluster(store);
  const tables = await tablesOf(store);
  return withoutMerges(store, tables, async () => {
    const before = await countRows(store, tables);
    await store.rows(`BACKUP DATABASE ${nameOf(database)} TO ${placeOf(place)}`);
    const after = await countRows(store, tables);
    const rows = Object.fromEntries(
      tables.map((table) => [table, { least: before[table]!, most: after[table]! }]),
    );
    return { database, schema, rows };
  });
}

/**
 * Takes a backup into a store that has no tables yet.
 *
 * @param files the schema that the backup was made with: its functions are the engine's, and in no backup
 * @throws BackupError when the tables then hold other numbers of rows than they should
 */
export async function restoreTables(
  store: Store,
  place: BackupPlace,
  { database, rows, files }: { database: string; rows: RowCounts; files: SchemaFile[] },
): Promise<void> {
  const [now] = await store.rows<{ name: string; tables: number }>(
    'SELECT currentDatabase() AS name, (SELECT count() FROM system.tables WHERE database = currentDatabase()) AS tables',
  );
  if (now!.name !== database)
    throw new BackupError(
      `the backup is of database ${database}, and its views name it; restore into one of that name`,
    );
  if (now!.tables > 0)
    throw new BackupError(`database ${database} has tables already; a backup is restored into an empty one`);
  for (const { statements } of files)
    for (const statement of statements)
      if (/^CREATE OR REPLACE FUNCTION /m.test(statement)) await store.run(statement);
  const from = `RESTORE DATABASE ${nameOf(database)} FROM ${placeOf(place)}`;
  // Tables first, so that nothing merges before it is counted.
  await store.rows(`${from} SETTINGS structure_only = 1`);
  const tables = await tablesOf(store);
  await withoutMerges(store, tables, async () => {
    await store.rows(from);
    refuseOtherCounts(rows, await countRows(store, tables));
  });
}

function refuseOtherCounts(expected: RowCounts, found: Record<string, number>): void {
  const wrong = [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((table) => {
    const { least, most } = expected[table] ?? { least: 0, most: 0 };
    const rows = found[table] ?? 0;
    return rows >= least && rows <= most ? [] : [`${table} has ${rows} rows instead of ${least}`];
  });
  if (wrong.length > 0)
    throw new BackupError(`what was restored is not what was backed up: ${wrong.join(', ')}`);
}

async function refuseCluster(store: Store): Promise<void> {
  const [spread] = await store.rows<{ tables: number }>(
    "SELECT count() AS tables FROM system.tables WHERE database = currentDatabase() AND engine = 'Distributed'",
  );
  if (spread!.tables > 0)
    throw new BackupError(
      'the store is spread over a cluster: back up its database on each node with BACKUP DATABASE of ClickHouse',
    );
}

export interface TableCheck {
  table: string;
  rows: number;
  /** '' where every part is what its checksums say. */
  problem: string;
}

/** Reads every part of every table and compares it with its checksums. */
export async function checkTables(store: Store): Promise<TableCheck[]> {
  const tables = await tablesOf(store);
  const rows = await countRows(store, tables);
  const checks: TableCheck[] = [];
  for (const table of tables) {
    const parts = await store.rows<{ part_path: string; is_passed: number; message: string }>(
      `CHECK TABLE ${nameOf(table)} SETTINGS check_query_single_value_result = 0`,
    );
    const broken = parts.filter(({ is_passed }) => !is_passed);
    const problems = broken.map(({ part_path, message }) => `${part_path}: ${message}`);
    // What does not even open is set aside by the engine when it starts.
    const aside = await store.rows<{ name: string }>(
      "SELECT name FROM system.detached_parts WHERE database = currentDatabase() AND table = {table:String} AND reason LIKE 'broken%'",
      { table },
    );
    problems.push(...aside.map(({ name }) => `${name} could not be opened and was set aside`));
    checks.push({ table, rows: rows[table]!, problem: problems.join('; ') });
  }
  return checks;
}

/** Tables that hold rows: views, dictionaries and landing tables do not. */
async function tablesOf(store: Store): Promise<string[]> {
  const tables = await store.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name",
  );
  return tables.map(({ name }) => name);
}

async function countRows(store: Store, tables: string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [{ n }] = (await store.rows(`SELECT count() AS n FROM ${nameOf(table)}`)) as [{ n: number }];
    counts[table] = n;
  }
  return counts;
}

/** A merge may leave fewer rows of the same than there were. */
async function withoutMerges<T>(store: Store, tables: string[], work: () => Promise<T>): Promise<T> {
  const all = (verb: string) =>
    Promise.all(tables.map((table) => store.run(`SYSTEM ${verb} MERGES ${nameOf(table)}`)));
  await all('STOP');
  try {
    return await work();
  } finally {
    await all('START');
  }
}

const nameOf = (identifier: string): string => `\`${identifier.replace(/[`\\]/g, '\\$&')}\``;
