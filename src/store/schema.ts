import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from './store.js';

class SchemaError extends Error {
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

/**
 * Applies the numbered files of schema/ that this store has not seen, and checks that those it has seen
 * are the ones it was made with. Files go in order; the statements of one file need nothing of each other and run
 * side by side. `shape` gives the statements that one becomes in the kind of store at hand.
 *
 * @throws SchemaError when a store was made with other files (an older or newer release).
 */
export async function applySchema(
  store: Store,
  folder: string,
  shape: (statement: string) => string[] = (statement) => [statement],
): Promise<void> {
  await store.run(
    'CREATE TABLE IF NOT EXISTS schema_version (file String, hash String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY file',
  );
  const applied = new Map(
    (await store.rows<{ file: string; hash: string }>('SELECT file, hash FROM schema_version')).map((row) => [
      row.file,
      row.hash,
    ]),
  );
  const files = (await readdir(folder)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort();
  const fresh: { file: string; hash: string }[] = [];
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8');
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const known = applied.get(file);
    if (known === hash) continue;
    if (known !== undefined) {
      throw new SchemaError(
        `${file}: this store was made by another release (schema ${known}, here ${hash}); use a new --store directory or the release that made it`,
      );
    }
    await Promise.all(
      splitStatements(text)
        .flatMap(shape)
        .map((statement) => store.run(statement)),
    );
    fresh.push({ file, hash });
  }
  // Every statement may run twice: when one fails, the next start begins again.
  await store.insert('schema_version', fresh);
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
  const columns = (
    await store.rows<{ name: string; type: string; default_type: string; default_expression: string }>(
      `DESCRIBE TABLE ${table}`,
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
      `CREATE MATERIALIZED VIEW IF NOT EXISTS landing_${table}_good TO ${table} AS SELECT ${names} FROM landing_${table} WHERE reject = ''`,
    ),
    store.run(
      `CREATE MATERIALIZED VIEW IF NOT EXISTS landing_${table}_rejected TO dead_letter AS
     SELECT source, load_id, file, line, reject AS reason, substringUTF8(mask_credentials(substring(raw, 1, 4000)), 1, 500) AS raw
     FROM landing_${table} WHERE reject != ''`,
    ),
    store.run(`SYSTEM STOP MERGES ${table}`),
  ]);
}
