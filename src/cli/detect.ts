import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { findLogs, takeStandardInput } from '../ingest/find-logs.js';
import { partsOf } from '../ingest/parts.js';
import { prepare, Spool } from '../ingest/prepare.js';
import { readSources } from '../ingest/sources.js';
import { HeaderFinder } from '../ingest/table.js';
import { contentFolder } from '../model/paths.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import { columns } from './columns.js';
import { EXIT } from './exit.js';
import { ownSourcesOption, tableOrJson } from './log-options.js';

export function addDetectCommand(sources: Command): void {
  sources
    .command('detect')
    .description('say what each file is recognised as, and why')
    .argument('<paths...>', 'files, folders, patterns, tar archives, - for standard input')
    .addOption(ownSourcesOption())
    .addOption(tableOrJson())
    .action(detectSources);
}

interface Detected {
  path: string;
  line: number;
  source: string | null;
  confidence: number;
  reason: string;
  rows: number;
}

async function detectSources(paths: string[], flags: { format: string; sources: string[] }): Promise<void> {
  const sources = await readSources(contentFolder('sources'), ...flags.sources);
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
      process.stderr.write(
        `stowaway: ${forTerminal(problem.where)}: ${forTerminal(problem.what)}; ${forTerminal(problem.advice)}\n`,
      );
    if (files.length === 0) process.exitCode = EXIT.error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  process.stdout.write(
    flags.format === 'json'
      ? `${forJsonOutput(JSON.stringify({ version: 1, files: detected }, null, 2))}\n`
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
