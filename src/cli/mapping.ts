import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { findLogs, takeStandardInput } from '../ingest/find-logs.js';
import { ingest } from '../ingest/ingest.js';
import { MAPPABLE_TABLES } from '../ingest/mapping.js';
import { MAPPING_FILE } from '../ingest/mapping-file.js';
import { prepare, Spool } from '../ingest/prepare.js';
import { proposeMapping, readSample } from '../ingest/propose-mapping.js';
import { readSources } from '../ingest/sources.js';
import { contentFolder } from '../model/paths.js';
import { SLUG } from '../model/strategy-schema.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import { applySchema } from '../store/schema.js';
import { openStore, type Store } from '../store/store.js';
import { readTables } from '../store/tables.js';
import { EXIT, ExitError } from './exit.js';
import { ownSourcesOption } from './log-options.js';

export function addMappingCommands(sources: Command): void {
  sources
    .command('new')
    .description(
      'write a mapping file for a log that no source reads: guesses by the names of its keys, to be corrected',
    )
    .argument('<id>', 'its name, in lower case words joined by hyphens')
    .argument('<log>', 'JSON lines, or columns under a line of names')
    .addOption(
      new Option('--into <table>', 'the table its rows go to').choices(MAPPABLE_TABLES).makeOptionMandatory(),
    )
    .addOption(
      new Option('-o, --output <file>', `where to write it (default: <id>${MAPPING_FILE} in this folder)`),
    )
    .action(newMapping);
  sources
    .command('preview')
    .description('print the first rows each source makes of these logs, and what it rejects')
    .argument('<paths...>', 'files, folders, patterns, tar archives, - for standard input')
    .addOption(ownSourcesOption())
    .addOption(new Option('--rows <n>', 'rows of each source').default(3).argParser(Number))
    .action(preview);
}

async function newMapping(id: string, log: string, flags: { into: string; output?: string }): Promise<void> {
  if (!SLUG.test(id))
    throw new ExitError(
      EXIT.error,
      `${forTerminal(id)}: write lower case words joined by hyphens, such as acme-proxy`,
    );
  const file = flags.output ?? `${id}${MAPPING_FILE}`;
  if (
    await access(file).then(
      () => true,
      () => false,
    )
  )
    throw new ExitError(EXIT.error, `${file} is there already`);
  const sample = await inScratch(async (scratch) => {
    const spool = await Spool.in(scratch);
    const { files, problems } = await findLogs([log], spool);
    const [first] = files;
    if (!first) throw new ExitError(EXIT.error, `${forTerminal(log)}: ${problems[0]?.what ?? 'no log'}`);
    const { stretches, problems: trouble } = await prepare(first, spool);
    const lines = stretches.flatMap(({ samples }) => samples);
    if (lines.length === 0)
      throw new ExitError(EXIT.error, `${forTerminal(log)}: ${trouble[0]?.what ?? 'no rows'}`);
    return readSample(lines);
  });
  if (!sample) {
    throw new ExitError(
      EXIT.error,
      `${forTerminal(log)}: neither JSON objects nor columns under a line of names; for other text write a source (CONTRIBUTING.md, Add a source)`,
    );
  }
  const columns = (await readTables(contentFolder('schema'))).get(flags.into)!;
  const { text, open } = proposeMapping(id, flags.into, columns, sample);
  await writeFile(file, text, { flag: 'wx' });
  process.stdout.write(
    `wrote ${file}${open.length > 0 ? `; still to say: ${open.join(', ')}` : ''}\nnext: correct it, then stowaway sources preview ${forTerminal(log)} --sources ${file}\n`,
  );
}

async function preview(paths: string[], flags: { sources: string[]; rows: number }): Promise<void> {
  const sources = await readSources(contentFolder('sources'), ...flags.sources);
  await inScratch(async (scratch) => {
    await using store = await openStore({ path: join(scratch, 'store') });
    await applySchema(store, contentFolder('schema'));
    const given = await takeStandardInput(paths, scratch);
    const { inputs, problems, mismatches } = await ingest(store, {
      ...given,
      sources,
      spool: await Spool.in(join(scratch, 'spool')),
    });
    for (const { id, into } of sources.filter((source) => inputs.some((input) => input.source === source.id)))
      for (const row of await firstRows(store, into, id, flags.rows)) print(row);
    const rejected =
      'SELECT source, file, line, reason AS reject, raw FROM dead_letter ORDER BY load_id, line LIMIT {n:UInt32} BY source, reason';
    for (const row of await store.rows<Record<string, unknown>>(rejected, { n: flags.rows })) print(row);
    for (const { where, what, advice } of problems)
      process.stderr.write(`stowaway: ${forTerminal(where)}: ${forTerminal(what)}; ${forTerminal(advice)}\n`);
    for (const mismatch of mismatches) process.stderr.write(`stowaway: ${forTerminal(mismatch)}\n`);
    if (inputs.length === 0 || mismatches.length > 0) process.exitCode = EXIT.error;
  });
}

/** As they are stored, less what is empty. */
async function firstRows(
  store: Store,
  table: string,
  source: string,
  rows: number,
): Promise<Record<string, unknown>[]> {
  const columns = (await readTables(contentFolder('schema'))).get(table)!;
  const shown = columns.map(({ name, type }) =>
    type === 'IPv6' ? `ip_text(t.${name}) AS ${name}` : `t.${name} AS ${name}`,
  );
  const sql = `SELECT source, file, line, '${table}' AS into, ${shown.join(', ')} FROM ${table} AS t WHERE t.source = {source:String} ORDER BY t.load_id, t.line LIMIT {rows:UInt32}`;
  const found = await store.rows<Record<string, unknown>>(sql, { source, rows });
  return found.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => !isEmpty(value))));
}

const isEmpty = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === '::' ||
  (typeof value === 'object' && JSON.stringify(value).length === 2);

const print = (row: Record<string, unknown>): void => {
  process.stdout.write(`${forJsonOutput(JSON.stringify(row))}\n`);
};

async function inScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'stowaway-'));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
