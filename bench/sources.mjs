#!/usr/bin/env node
// How fast each source is read, as a ratio to the engine loading the same lines by itself (every key or column as text; of other text, the line).
// Both load into a table of the same kind in the same store, in turns; the quickest of three is taken. Logs are the source's sample, repeated.
// usage: node bench/sources.mjs [--rows N] [ID …]
//   --rows N   lines of each log, at least (default 200,000)
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ingest } from '../dist/ingest/ingest.js';
import { Spool } from '../dist/ingest/prepare.js';
import { readSources } from '../dist/ingest/sources.js';
import { applySchema } from '../dist/store/schema.js';
import { openStore } from '../dist/store/store.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  options: { rows: { type: 'string', default: '200000' } },
  allowPositionals: true,
});
const wanted = Number(values.rows);
const RUNS = 3;

const all = (await readSources(join(root, 'sources'))).filter(({ into }) => into !== 'nothing');
const sources = positionals.length > 0 ? all.filter(({ id }) => positionals.includes(id)) : all;
const folder = await mkdtemp(join(tmpdir(), 'stowaway-bench-'));
const store = await openStore({ path: join(folder, 'store') });
await applySchema(store, join(root, 'schema'));

/** The good lines of the first sample that has one row a line; null where there is none. */
async function sampleOf({ folder: at }) {
  const name = (await readdir(at)).sort().find((one) => /^sample\..*(ndjson|log|txt|csv)$/.test(one));
  if (!name) return null;
  const rejects = await readFile(join(at, 'expected-rejects.ndjson'), 'utf8').catch(() => '');
  const bad = new Set(
    rejects
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).line),
  );
  const lines = (await readFile(join(at, name), 'utf8')).split('\n');
  const good = lines.filter((line, index) => line !== '' && !bad.has(index + 1));
  const head = good.filter(
    (line, index) => line.startsWith('#') || (index === 0 && /^[\w, -]+$/.test(line) && !/\d{4}/.test(line)),
  );
  return { name, head, rows: good.filter((line) => !head.includes(line)) };
}

async function writeLog(source, { name, head, rows }) {
  const path = join(folder, `${source.id}-${name}`);
  const out = createWriteStream(path);
  const block = `${rows.join('\n')}\n`;
  out.write(head.map((line) => `${line}\n`).join(''));
  let count = 0;
  for (; count < wanted; count += rows.length)
    if (!out.write(block)) await new Promise((resume) => out.once('drain', resume));
  await new Promise((done) => out.end(done));
  return { path, count };
}

/** How the engine would read the file: JSON by its keys, columns under a line of names by these, other text by the line. */
function formatOf({ columns }, { name, head }) {
  const texts = (names) => names.map((one) => `\`${one.replaceAll('`', '')}\` Nullable(String)`).join(', ');
  if (name.endsWith('ndjson') && columns.length > 0)
    return { format: 'JSONEachRow', structure: texts(columns) };
  const fields = head.find((line) => line.startsWith('#fields'));
  const comma = head[0]?.includes(',') ? ',' : ' ';
  const names = fields ? fields.split('\t').slice(1) : (head[0]?.split(comma) ?? []);
  if (names.length < 2) return { format: 'LineAsString', structure: 'line String' };
  return { format: fields ? 'TSV' : 'CSV', structure: texts(names), skip: head.length, comma };
}

/** Seconds of one load of the file by the engine alone. */
async function loadAlone({ format, structure, skip = 0, comma = ',' }, path) {
  await store.run('DROP TABLE IF EXISTS alone');
  await store.run(`CREATE TABLE alone (${structure}) ENGINE = MergeTree ORDER BY tuple()`);
  return timed(() =>
    store.run(
      `INSERT INTO alone SELECT * FROM file('${path}', '${format}', '${structure}') SETTINGS input_format_skip_unknown_fields = 1,
        input_format_json_read_objects_as_strings = 1, input_format_tsv_skip_first_lines = ${skip}, input_format_csv_skip_first_lines = ${skip}, format_csv_delimiter = '${comma}',
        input_format_csv_allow_variable_number_of_columns = 1, max_insert_threads = 2`,
    ),
  );
}

/** Seconds from the path to rows that are counted. */
async function read(path, run) {
  const spool = await Spool.in(join(folder, `spool-${run}`));
  let result;
  const seconds = await timed(async () => {
    result = await ingest(store, { paths: [path], sources: all, spool });
  });
  for (const table of ['load', 'dead_letter']) await store.run(`TRUNCATE TABLE ${table}`);
  return { seconds, result };
}

async function timed(work) {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

try {
  console.log(
    `${'SOURCE'.padEnd(24)} ${'ROWS'.padStart(8)} ${'ROWS/S'.padStart(9)} ${'ENGINE'.padStart(9)}  RATIO`,
  );
  for (const source of sources) {
    const sample = await sampleOf(source);
    if (!sample) {
      console.log(`${source.id.padEnd(24)} skipped: its sample is one document`);
      continue;
    }
    const { path, count } = await writeLog(source, sample);
    const format = formatOf(source, sample);
    let [alone, ours] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let run = 0; run < RUNS; run += 1) {
      alone = Math.min(alone, await loadAlone(format, path));
      const { seconds, result } = await read(path, `${source.id}-${run}`);
      const stored = result.inputs.find((input) => input.source === source.id);
      if (!stored || result.mismatches.length > 0)
        throw new Error(`${source.id}: ${JSON.stringify(result.problems)} ${result.mismatches}`);
      ours = Math.min(ours, seconds);
      await store.run(`TRUNCATE TABLE ${source.into}`);
    }
    await rm(path);
    console.log(
      `${source.id.padEnd(24)} ${String(count).padStart(8)} ${String(Math.round(count / ours)).padStart(9)} ${String(Math.round(count / alone)).padStart(9)}  ${(ours / alone).toFixed(2)}`,
    );
  }
} finally {
  await store.close();
  await rm(folder, { recursive: true, force: true });
}
