import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Column {
  name: string;
  /** As ClickHouse writes it: IPv6, LowCardinality(String), Enum8('a' = 1). */
  type: string;
  /** A row that does not name it still has a value that means something. */
  hasDefault: boolean;
}

/** Columns that say where a row came from; ingest fills them. */
const BOOKKEEPING = new Set(['source', 'load_id', 'file', 'line']);

/** The columns a source may fill, by table, as the files of schema/ declare them: known without an engine. */
export async function readTables(folder: string): Promise<Map<string, Column[]>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const tables = new Map(
    texts
      .flatMap((text) => [...text.matchAll(/^CREATE TABLE IF NOT EXISTS (\w+) \(\n([\s\S]*?)\n\) ENGINE/gm)])
      .map(([, table, body]) => [table!, columnsOf(body!)]),
  );
  for (const [, table, definition] of texts.flatMap((text) => [...text.matchAll(ADDED)]))
    tables.get(table!)?.push(...columnsOf(`  ${definition}`));
  return tables;
}

/** A column that a later file adds. */
const ADDED = /^ALTER TABLE (\w+) ADD COLUMN IF NOT EXISTS (.+?)(?: AFTER \w+)?;$/gm;

/** One column a line, two blanks in front; comments and what the table works out itself are passed by. */
const columnsOf = (body: string): Column[] =>
  [...body.matchAll(/^ {2}(\w+) (?!.*\bMATERIALIZED\b)(.+?)( DEFAULT .+?)?,?$/gm)]
    .map(([, name, type, fallback]) => ({ name: name!, type: type!, hasDefault: fallback !== undefined }))
    .filter(({ name }) => !BOOKKEEPING.has(name));
