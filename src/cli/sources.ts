import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { findLogs, takeStandardInput } from '../ingest/find-logs.js';
import { partsOf } from '../ingest/parts.js';
import { prepare, Spool } from '../ingest/prepare.js';
import { readSources } from '../ingest/sources.js';
import { HeaderFinder } from '../ingest/table.js';
import { contentFolder } from '../model/paths.js';
import { forTerminal } from '../output/escape.js';
import { columns } from './columns.js';
import { addDoctorCommand } from './doctor.js';
import { EXIT } from './exit.js';

const format = () =>
  new Option('-f, --format <format>', 'what stdout gets')
    .choices(['table', 'json'])
    .default('table')
    .env('STOWAWAY_FORMAT');

export function addSourcesCommands(program: Command): void {
  const sources = program.command('sources').description('the logs Stowaway reads');
  sources
    .command('list')
    .description('every source: what it is, where its rows go, how far it is tested')
    .addOption(format())
    .action(listSources);
  sources
    .command('detect')
    .description('say what each file is recognised as, and why')
    .argument('<paths...>', 'files, folders, patterns, tar archives, - for standard input')
    .addOption(format())
    .action(detectSources);
  addDoctorCommand(sources);
}

async function listSources(flags: { format: string }): Promise<void> {
  const sources = (await readSources(contentFolder('sources'))).map(
    ({ id, title, product, into, status, fills }) => ({ id, title, product, table: into, status, fills }),
  );
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ version: 1, sources }, null, 2)}\n`
      : columns(
          ['SOURCE', 'TITLE', 'PRODUCT', 'TABLE', 'STATUS'],
          sources.map((source) => [source.id, source.title, source.product, source.table, source.status]),
        ),
  );
}

interface Detected {
  path: string;
  line: number;
  source: string | null;
  confidence: number;
  reason: string;
  rows: number;
}

async function detectSources(paths: string[], flags: { format: string }): Promise<void> {
  const sources = await readSources(contentFolder('sources'));
  const headers = new HeaderFinder(sources);
  const scratch = await mkdtemp(join(tmpdir(), 'stowaway-'));
  const detected: Detected[] = [];
  try {
    const spool = await Spool.in(scratch);
    const { paths: named, found } = await takeStandardInput(paths, scratch);
    const { files, problems } = await findLogs(named, spool, found);
    for (const file of files) {
      const prepared = await prepare(file, spool, headers);
      for (const { stretch, recognition, envelopes } of await partsOf(prepared, sources, spool)) {
        detected.push({
          path: file.path,
          line: stretch.firstRow ?? stretch.firstLine,
          source: recognition?.source.id ?? null,
          confidence: Math.round((recognition?.confidence ?? 0) * 100) / 100,
          reason: `${recognition?.reason ?? 'nothing known fits its rows'}${envelopes > 0 ? ', inside envelopes of a shipper' : ''}`,
          rows: stretch.rows,
        });
      }
      if (prepared.stretches.length === 0) {
        detected.push({
          path: file.path,
          line: 0,
          source: null,
          confidence: 0,
          reason: prepared.problems[0]?.what ?? 'no rows',
          rows: 0,
        });
      }
    }
    for (const problem of problems)
      process.stderr.write(`stowaway: ${forTerminal(problem.where)}: ${problem.what}; ${problem.advice}\n`);
    if (files.length === 0) process.exitCode = EXIT.error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ version: 1, files: detected }, null, 2)}\n`
      : columns(
          ['SOURCE', 'CONFIDENCE', 'ROWS', 'FILE', 'WHY'],
          detected.map((one) => [
            one.source ?? '-',
            one.source ? one.confidence.toFixed(2) : '-',
            String(one.rows),
            one.line > 1 ? `${one.path}:${one.line}` : one.path,
            one.reason,
          ]),
        ),
  );
}
