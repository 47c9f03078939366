import type { Command } from 'commander';
import { type Addition, lookOut, type Outlook } from '../detect/missing.js';
import { readSources } from '../ingest/sources.js';
import type { HuntResult } from '../model/hunt-result.js';
import { contentFolder } from '../model/paths.js';
import { readStrategies } from '../model/strategies.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import { hunt } from '../pipeline.js';
import { columns } from './columns.js';
import { EXIT } from './exit.js';
import { gatherConfig } from './hunt.js';
import {
  type LogFlags,
  logOptions,
  ownSourcesOption,
  ownStrategiesOption,
  quietOption,
  tableOrJson,
} from './log-options.js';
import { startProgress } from './progress.js';
import { reportTrouble } from './trouble.js';

export function addDoctorCommand(sources: Command): void {
  const command = sources
    .command('doctor')
    .description(
      'say which strategies work on these logs, which are degraded or blind, and what to add first',
    )
    .argument('<paths...>', 'files, folders, patterns, tar archives, - for standard input');
  for (const option of [
    ...logOptions(),
    ownStrategiesOption(),
    ownSourcesOption(),
    tableOrJson(),
    quietOption(),
  ])
    command.addOption(option);
  command.action(runDoctor);
}

async function runDoctor(
  paths: string[],
  flags: LogFlags & { strategies: string[]; sources: string[]; format: string },
): Promise<void> {
  const { config, folder } = await gatherConfig(flags);
  const [sources, strategies] = await Promise.all([
    readSources(contentFolder('sources'), ...flags.sources),
    readStrategies(contentFolder('strategies'), ...flags.strategies),
  ]);
  const progress = startProgress(flags.quiet ?? false);
  let outlook: Outlook = { strategies: [], additions: [] };
  const result = await hunt(paths, {
    config,
    configFolder: folder,
    baseline: flags.baseline,
    strategies: flags.strategies,
    sources: flags.sources,
    onProgress: progress.update,
    inspect: async (store) => {
      outlook = await lookOut(store, strategies, sources);
    },
  }).finally(progress.end);
  process.stdout.write(flags.format === 'json' ? toJson(result, outlook) : toText(result, outlook));
  reportTrouble(result);
  if (result.report.inputs.length === 0 || result.mismatches.length > 0) process.exitCode = EXIT.error;
}

/** A strategy that fired looked; whether it looked with all it has, its reasons say. */
const statesOf = (result: HuntResult, outlook: Outlook) =>
  result.report.strategies.map(({ id, state, reasons }) => ({
    id,
    state: state === 'blind' ? 'blind' : reasons.length > 0 ? 'degraded' : 'works',
    ...outlook.strategies.find((one) => one.id === id)!.able,
    reasons,
  }));

const toJson = (result: HuntResult, outlook: Outlook): string =>
  `${forJsonOutput(JSON.stringify({ version: 1, inputs: result.report.inputs, strategies: statesOf(result, outlook), additions: outlook.additions }, null, 2))}\n`;

function toText(result: HuntResult, outlook: Outlook): string {
  const states = statesOf(result, outlook);
  const table = columns(
    ['STRATEGY', 'STATE', 'TRIGGERS', 'CONTEXT'],
    states.map((one) => [
      one.id,
      one.state,
      `${one.triggers} of ${one.triggersInAll}`,
      `${one.context} of ${one.contextInAll}`,
    ]),
  );
  const [first] = outlook.additions;
  const additions = columns(
    ['WOULD HELP', 'SOURCES', 'ANALYTICS THAT COULD LOOK THEN'],
    outlook.additions.map(({ product, sources, opens }) => [
      product,
      sources.join(', '),
      opens.map(({ strategy, analytics }) => `${analytics.length} of ${short(strategy)}`).join(', '),
    ]),
  );
  const why = states
    .filter(({ reasons }) => reasons.length > 0)
    .map(({ id, reasons }) => `${id}\n${reasons.map((reason) => `  - ${forTerminal(reason)}\n`).join('')}`);
  return [
    result.report.inputs.length > 0 ? toRead(result) : 'Nothing was read.\n',
    table,
    first ? `${additions}\n${toAdvice(first)}` : 'No other log would let another analytic look.\n',
    ...(why.length > 0 ? [`What is missing:\n\n${why.join('')}`] : []),
  ].join('\n');
}

/** What there is of each source, from when to when, and why rows of it were rejected. */
const toRead = ({ report, deadLetters }: HuntResult): string =>
  columns(
    ['READ', 'ROWS', 'REJECTED', 'FROM', 'TO', 'FOR ONE'],
    report.inputs.map(({ source, events, rejected, from, to }) => [
      source,
      String(events),
      String(rejected),
      toMinute(from),
      toMinute(to),
      deadLetters.sample.find((one) => one.source === source)?.reason ?? '',
    ]),
  );

const toMinute = (iso: string | null): string => iso?.slice(0, 16).replace('T', ' ') ?? '-';

const short = (strategy: string): string => strategy.split('-')[0]!;

const toAdvice = ({ product, sources, opens }: Addition): string =>
  [
    `Add first: ${product}. Setup: docs/sources.md, ${sources.join(', ')}.\n`,
    ...opens.map(({ strategy, analytics }) => `  - ${short(strategy)}: ${analytics.join(', ')}\n`),
  ].join('');
