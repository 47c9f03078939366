import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../model/paths.js';
import { allParts, localPart, type Shape } from './sharding.js';
import type { Store } from './store.js';

/** A store that this release cannot use as it is; the message says what to do. */
export class SchemaError extends Error {
  override name = 'SchemaError';
}

/** Tables that logs are normalised into; each gets a landing table when something is read into it. */
export const EVENT_TABLES = [
  'network_activity',
  'http_activity',
  'dns_activity',
  'ftp_activity',
  'process_activity',
  'file_activity',
  'api_activity',
  'repository_activity',
  'monotonic_activity',
  'container_inventory',
  'network_inventory',
  'cgroup_inventory',
] as const;

/** Those whose rows have a moment of their own, `time`. */
export const TIMED_TABLES = EVENT_TABLES.filter((table) => !/_inventory$|^monotonic/.test(table));

/** One numbered file of schema/ and what it is known by in a store. */
export interface SchemaFile {
  name: string;
  hash: string;
  statements: string[];
}

export interface SchemaOptions {
  /** The statements that one of the folder becomes in the kind of store at hand; they run one after the other. */
  shape?: Shape;
  /** A folder whose files come after those. */
  further?: { folder: string; shape?: Shape };
}

/** The numbered files of a folder, in their order. */
export async function readSchema(folder: string): Promise<SchemaFile[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
      return { name, hash, statements: splitStatements(text) };
    }),
  );
}

/**
 * Brings a store to the schema of this release: applies, in their order, the numbered files it has not seen. The statements of one file
 * need nothing of each other and run side by side. Each may run twice (src/store/schema.test.ts), and a file is noted once it is done:
 * what was interrupted goes on with that file at the next start. docs/decisions/0017-numbered-files-are-frozen.md says why.
 *
 * @throws SchemaError when the store is of a newer release, or has seen another text of a file
 */
export async function applySchema(store: Store, folder: string, options: SchemaOptions = {}): Promise<void> {
  const { shape, further } = options;
  const [own, later] = await Promise.all([
    readShaped(folder, shape),
    further === undefined ? [] : readShaped(further.folder, further.shape),
  ]);
  const files = [...own, ...later];
  await store.run(
    'CREATE TABLE IF NOT EXISTS schema_version (file String, hash String, release String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY file',
  );
  const applied = await store.rows<Applied>('SELECT file, hash, release FROM schema_version');
  const release = await packageVersion();
  refuseStrangers(applied, files, release);
  const [{ database }] = (await store.rows('SELECT currentDatabase() AS database')) as [{ database: string }];
  const fresh = files.filter(({ name }) => !applied.some(({ file }) => file === name));
  // A landing table has the columns its event table had when it was made; it holds nothing, and is made again when it is needed.
  if (applied.length > 0 && fresh.length > 0) await dropLandings(store);
  for (const file of fresh) await applyFile(store, inDatabase(file, database), release);
}

/** Forgets every row of an embedded store but which schema it has: as if the schema had just been applied. */
export async function emptyTables(store: Store): Promise<void> {
  const filled = await store.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0 AND name != 'schema_version' AND engine != 'Dictionary'",
  );
  await Promise.all(filled.map(({ name }) => store.run(`TRUNCATE TABLE ${name}`)));
  await store.run('SYSTEM RELOAD DICTIONARIES');
}

/** A file as the store at hand takes it: what one of its statements becomes. */
type ShapedFile = Pick<SchemaFile, 'name' | 'hash'> & { statements: string[][] };

const readShaped = async (folder: string, shape: Shape = (one) => [one]): Promise<ShapedFile[]> =>
  (await readSchema(folder)).map((file) => ({ ...file, statements: file.statements.map(shape) }));

/** A dictionary's own query is asked in the engine's default database, whatever the one the dictionary is in. */
const inDatabase = (file: ShapedFile, database: string): ShapedFile => ({
  ...file,
  statements: file.statements.map((chain) =>
    chain.map((statement) =>
      statement.replace(
        /(CLICKHOUSE\(QUERY '[^']* FROM )(\w+)/,
        (_, before: string, table: string) => `${before}\`${database.replace(/[`\\']/g, '\\$&')}\`.${table}`,
      ),
    ),
  ),
});

/** A row of schema_version. */
export interface Applied {
  file: string;
  hash: string;
  /** The one that applied it. */
  release: string;
}

/** @throws SchemaError unless each file that a store has seen is here, and is the same. */
export function refuseStrangers(
  applied: Applied[],
  files: Pick<SchemaFile, 'name' | 'hash'>[],
  release: string,
): void {
  for (const { file, hash, release: by } of applied) {
    const here = files.find(({ name }) => name === file);
    if (!here)
      throw new SchemaError(
        `${file}: this store is of release ${by}, which knows more than this one (${release}); use that release or a newer one`,
      );
    if (here.hash !== hash)
      throw new SchemaError(
        `${file}: this store was made with another text of it, by release ${by} (${hash}, here ${here.hash}); use that release, or a new store`,
      );
  }
}

async function applyFile(
  store: Store,
  { name, hash, statements }: ShapedFile,
  release: string,
): Promise<void> {
  try {
    await Promise.all(
      statements.map(async (chain) => {
        for (const statement of chain) await store.run(statement);
      }),
    );
  } catch (error) {
    throw new SchemaError(
      `${name} could not be applied to this store: ${(error as Error).message}; mend that and start again, it goes on with this file`,
      { cause: error },
    );
  }
  await store.insert('schema_version', [{ file: name, hash, release }]);
}

async function dropLandings(store: Store): Promise<void> {
  for (const table of EVENT_TABLES)
    for (const name of [
      `${table}_counted`,
      `landing_${table}_good`,
      `landing_${table}_rejected`,
      `landing_${table}`,
    ])
      await store.run(`DROP TABLE IF EXISTS ${name}`);
}

/** Statements of a SQL file: split at semicolons that end a line; comments go with the statement below them. */
function splitStatements(text: string): string[] {
  return text
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((part) => part.trim())
    .filter((part) => part.replace(/^\s*--.*$/gm, '').trim() !== '');
}

/**
 * A landing table keeps nothing: its two views send good rows to the event table and rejected ones to dead_letter,
 * so that every line is parsed once and ends in exactly one place. The event table merges nothing from here on, until
 * its rows are counted (ingest/account.ts): a merge would collapse twins.
 */
export async function openLanding(store: Store, table: string): Promise<void> {
  await openLandingOn(store, { table, columnsOf: table, into: table, rejected: 'dead_letter' });
  await store.run(`SYSTEM STOP MERGES ${table}`);
}

/**
 * The same on one node of a cluster: its rows go to all shards. There, several processes load at a time, and nobody may stop
 * the merges of others: each shard counts rows as they come.
 */
export async function openSpreadLanding(node: Store, nodes: readonly Store[], table: string): Promise<void> {
  const time = timeColumn(table);
  const span = time === '' ? '' : `, min(${time}) AS since, max(${time}) AS until`;
  for (const each of nodes)
    await each.run(
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${table}_counted TO ${localPart('stored')} AS
     SELECT load_id, count() AS rows${span} FROM ${localPart(table)} GROUP BY load_id`,
    );
  await openLandingOn(node, {
    table,
    columnsOf: localPart(table),
    into: allParts(table),
    rejected: allParts('dead_letter'),
  });
}

/** The moment of a row; '' for tables whose rows have none. */
export const timeColumn = (table: string): string =>
  table === 'container_inventory'
    ? 'valid_from'
    : /_inventory$|^monotonic|^dead_letter/.test(table)
      ? ''
      : 'time';

interface Landing {
  table: string;
  columnsOf: string;
  into: string;
  rejected: string;
}

async function openLandingOn(store: Store, { table, columnsOf, into, rejected }: Landing): Promise<void> {
  const columns = (
    await store.rows<{ name: string; type: string; default_type: string; default_expression: string }>(
      `DESCRIBE TABLE ${columnsOf}`,
    )
  ).filter((column) => column.default_type !== 'MATERIALIZED');
  const definition = columns
    .map(
      (column) =>
        `${column.name} ${column.type}${column.default_expression ? ` DEFAULT ${column.default_expression}` : ''}`,
    )
    .join(', ');
  const names = columns.map((column) => column.name).join(', ');
  await store.run(
    `CREATE TABLE IF NOT EXISTS landing_${table} (${definition}, reject String, raw String) ENGINE = Null`,
  );
  await Promise.all([
    store.run(
      `CREATE MATERIALIZED VIEW IF NOT EXISTS landing_${table}_good TO ${into} AS SELECT ${names} FROM landing_${table} WHERE reject = ''`,
    ),
    store.run(
      `CREATE MATERIALIZED VIEW IF NOT EXISTS landing_${table}_rejected TO ${rejected} AS
     SELECT source, load_id, file, line, reject AS reason, substringUTF8(mask_credentials(substring(raw, 1, 4000)), 1, 500) AS raw
     FROM landing_${table} WHERE reject != ''`,
    ),
  ]);
}
