import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding, HuntResult } from '../src/model/hunt-result.js';
import { contentFolder } from '../src/model/paths.js';
import { hunt } from '../src/pipeline.js';
import { EVENT_TABLES } from '../src/store/schema.js';
import type { Store, StoreLocation } from '../src/store/store.js';
import { type ClickHouseServer, startServer, whyNoServer } from './clickhouse-server.js';
import { recording } from './recorded.js';

/** The embedded engine and a ClickHouse server hold the same rows and tell the same findings. */

const TABLES = [
  ...EVENT_TABLES,
  'dead_letter',
  'load',
  'container',
  'address_holder',
  'command',
  'connection',
  'egress',
];

const zeekSamples = readdirSync(contentFolder('sources'))
  .filter((name) => name.startsWith('zeek-'))
  .map((name) => join(contentFolder('sources'), name))
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith('sample.'))
      .map((name) => join(folder, name)),
  );

const INPUTS = [
  { name: 'a-http-upload', paths: [recording('a-http-upload').folder] },
  { name: 'the Zeek samples', paths: zeekSamples },
];

interface Outcome {
  result: HuntResult;
  /** Each table, its rows in one order. */
  dump: Record<string, string[]>;
}

const reason = whyNoServer();
if (reason) console.log(`SKIPPED: no server to compare with: ${reason}`);

async function judge(paths: string[], store?: StoreLocation): Promise<Outcome> {
  const dump: Outcome['dump'] = {};
  const result = await hunt(paths, {
    ...(store && { store }),
    async inspect(opened) {
      for (const table of TABLES) dump[table] = await rowsOf(opened, table);
    },
  });
  return { result, dump };
}

/** Tables that note when they were written. */
const TIMED = ['load', 'dead_letter'];

async function rowsOf(store: Store, table: string): Promise<string[]> {
  const columns = TIMED.includes(table) ? '* EXCEPT (at)' : '*';
  const rows = await store.rows<object>(`SELECT ${columns} FROM ${table} ORDER BY ALL`);
  return rows.map((row) => JSON.stringify(row)).sort();
}

const essence = ({ uid, status, score, entity, window, destinations, terms, why }: Finding) => ({
  uid,
  status,
  score,
  entity,
  window,
  destinations,
  terms,
  why,
});

describe.skipIf(reason !== null).each(INPUTS)('$name', ({ paths }) => {
  let server: ClickHouseServer;
  let embedded: Outcome;
  let remote: Outcome;
  beforeAll(async () => {
    server = await startServer();
    embedded = await judge(paths);
    remote = await judge(paths, { url: server.url });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  test('nothing is lost on either', () => {
    expect(embedded.result.mismatches).toEqual([]);
    expect(remote.result.mismatches).toEqual([]);
    expect(remote.result.problems).toEqual(embedded.result.problems);
    expect(remote.result.report.inputs).toEqual(embedded.result.report.inputs);
    expect(embedded.dump.connection!.length).toBeGreaterThan(0);
  });

  test.each(TABLES)('the rows of %s are the same', (table) => {
    expect(remote.dump[table]).toEqual(embedded.dump[table]);
  });

  test('the findings are the same', () => {
    expect(remote.result.report.findings.map(essence)).toEqual(embedded.result.report.findings.map(essence));
    expect(remote.result.report.strategies).toEqual(embedded.result.report.strategies);
    expect(remote.result.details).toEqual(embedded.result.details);
  });
});
