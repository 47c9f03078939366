#!/usr/bin/env node
// How fast each source is read, as a ratio to the engine loading the same lines by itself (every key or column as text; of other text, the line).
// Both load into a table of the same kind in the same store, in turns; the quickest of three is taken. Logs are the source's sample, repeated.
// usage: node bench/sources.mjs [--rows N] [--write] [ID …]
//   --rows N   lines of each log, at least (default 200,000)
//   --write    keep what was measured in docs/source-speed.json, for docs/sources.md (scripts/render-docs.mjs); of sources not named, what is there stays
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
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
  options: { rows: { type: 'string', default: '200000' }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const wanted = Number(values.rows);
const RUNS = 3;

const all = (await readSources(join(root, 'sources'))).filter(({ into }) => into !== 'nothing');
const sources = positionals.length > 0 ? all.filter(({ id }) => positionals.includes(id)) : all;
const folder = await mkdtemp(join(tmpdir(), 'stowaway-bench-'));
const store = await openStore({ path: join(folder, 'store') });
await applySchema(store, join(root, 'schema'));

/** The good lines of the largest sample that has one row a line; null where there is none. */
async function sampleOf({ folder: at, id, into }) {
  const names = (await readdir(at)).filter((one) => /^sample\..*(ndjson|log|txt|csv)$/.test(one));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(at, name))).size));
  const name = names[sizes.indexOf(Math.max(...sizes))];
  if (!name) return null;
  const { rejected } = await read(join(at, name), `${id}-sample`);
  await store.run(`TRUNCATE TABLE ${into}`);
  const lines = (await readFile(join(at, name), 'utf8')).split('\n');
  const good = lines.filter((line, index) => line !== '' && !rejected.has(index + 1));
  const first = good.findIndex((line) => !line.startsWith('#'));
  if (first === -1) return null;
  const isNames = /^[\w, -]+$/.test(good[first]) && !/\d{4}/.test(good[first]);
  const headLines = isNames ? first + 1 : first;
  return { name, head: good.slice(0, headLines), rows: good.slice(headLines) };
}

/** Lines of auditd's log with one number are one event. */
const renumber = (line, by) =>
  line.replace(/( msg=audit\([\d.]+:)(\d+)\)/, (_, head, number) => `${head}${Number(number) + 1000 * by})`);

async function writeLog(source, { name, head, rows }) {
  const path = join(folder, `${source.id}-${name}`);
  const out = createWriteStream(path);
  out.write(head.map((line) => `${line}\n`).join(''));
  let count = 0;
  const rowsOfBlock = rows.filter((line) => !line.startsWith('#')).length;
  for (; count < wanted; count += rowsOfBlock)
    if (!out.write(`${rows.map((line) => renumber(line, count)).join('\n')}\n`))
      await new Promise((resume) => out.once('drain', resume));
  await new Promise((done) => out.end(done));
  return { path, count };
}

/** How the engine would read the file: JSON by its keys, columns under a line of names by these, other text by the line. */
function formatOf({ columns }, { name, head }) {
  const texts = (names) => names.map((one) => `\`${one.replaceAll('`', '')}\` Nullable(String)`).join(', ');
  if (name.endsWith('ndjson') && columns.length > 0)
    return { format: 'JSONEachRow', structure: texts(columns) };
  const fields = head.find((line) => line.startsWith('#fields'));
  const names = fields ? fields.split('\t').slice(1) : (head.at(-1)?.split(',') ?? []);
  if (names.length < 2) return { format: 'LineAsString', structure: 'line String' };
  return { format: fields ? 'TSV' : 'CSV', structure: texts(names), skip: head.length };
}

/** Seconds of one load of the file by the engine alone. */
async function loadAlone({ format, structure, skip = 0 }, path) {
  await store.run('DROP TABLE IF EXISTS alone');
  await store.run(`CREATE TABLE alone (${structure}) ENGINE = MergeTree ORDER BY tuple()`);
  return timed(() =>
    store.run(
      `INSERT INTO alone SELECT * FROM file('${path}', '${format}', '${structure}') SETTINGS input_format_skip_unknown_fields = 1,
        input_format_json_read_objects_as_strings = 1, input_format_tsv_skip_first_lines = ${skip}, input_format_csv_skip_first_lines = ${skip},
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
  const rejected = new Set((await store.rows('SELECT line FROM dead_letter')).map(({ line }) => line));
  for (const table of ['load', 'dead_letter']) await store.run(`TRUNCATE TABLE ${table}`);
  return { seconds, result, rejected };
}

async function timed(work) {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

/** Seconds of the quicker of some runs, the engine alone and ours in turns; null for a source without a sample to repeat. */
async function measure(source) {
  const sample = await sampleOf(source);
  if (!sample) return null;
  const { path, count } = await writeLog(source, sample);
  const format = formatOf(source, sample);
  let [alone, ours] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let run = 0; run < RUNS; run += 1) {
    alone = Math.min(alone, await loadAlone(format, path));
    const { seconds, result } = await read(path, `${source.id}-${run}`);
    if (!result.inputs.some((input) => input.source === source.id) || result.mismatches.length > 0)
      throw new Error(`${source.id}: ${JSON.stringify(result.problems)} ${result.mismatches}`);
    ours = Math.min(ours, seconds);
    await store.run(`TRUNCATE TABLE ${source.into}`);
  }
  await rm(path);
  return { rows: count, rowsPerSecond: Math.round(count / ours), ratio: Number((ours / alone).toFixed(1)) };
}

try {
  const measured = {};
  console.log(`${'SOURCE'.padEnd(24)} ${'ROWS'.padStart(8)} ${'ROWS/S'.padStart(9)}  RATIO`);
  for (const source of sources) {
    const one = await measure(source);
    measured[source.id] = one;
    const told = one
      ? `${String(one.rows).padStart(8)} ${String(one.rowsPerSecond).padStart(9)}  ${one.ratio.toFixed(1)}`
      : 'skipped: its sample is one document, or no text';
    console.log(`${source.id.padEnd(24)} ${told}`);
  }
  if (values.write) {
    const machine = `${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}`;
    const path = join(root, 'docs', 'source-speed.json');
    const before = positionals.length > 0 ? JSON.parse(await readFile(path, 'utf8')).sources : {};
    const file = { machine, rows: wanted, sources: { ...before, ...measured } };
    await writeFile(path, `${JSON.stringify(file, null, 2)}\n`);
  }
} finally {
  await store.close();
  await rm(folder, { recursive: true, force: true });
}
