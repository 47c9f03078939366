import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Config, configJsonSchema, DEFAULT_CONFIG, isCidr, readConfig } from '../model/config.js';
import type { HuntResult, Severity } from '../model/hunt-result.js';
import {
  FORMAT_DESCRIPTIONS,
  isOutputFormat,
  OUTPUT_FORMATS,
  type OutputFormat,
  renderOutput,
} from '../output/render.js';
import { configFolderOf, hunt } from '../pipeline.js';
import type { StoreLocation } from '../store/store.js';
import { EXIT, EXIT_HELP, ExitError } from './exit.js';
import { ownSourcesOption } from './log-options.js';
import { startProgress } from './progress.js';
import { reportTrouble } from './trouble.js';

interface HuntFlags {
  format: OutputFormat;
  output: string[];
  config?: string;
  inside: string[];
  containerCidr: string[];
  baseline: string[];
  strategies: string[];
  sources: string[];
  store?: string;
  clickhouseUrl?: string;
  failOn?: Severity;
  strict?: boolean;
  all?: boolean;
  quiet?: boolean;
  color: boolean;
}

const SEVERITIES: Severity[] = ['critical', 'high', 'medium', 'low', 'informational'];

const collect = (value: string, previous: string[]): string[] => [...previous, value];

/** A flag with its STOWAWAY_… variable. */
const flag = (definition: string, description: string, variable: string): Option =>
  new Option(definition, description).env(`STOWAWAY_${variable}`);

export function addHuntCommand(program: Command): void {
  program
    .command('hunt')
    .description('read every log under the paths, run all strategies, print findings that explain themselves')
    .argument(
      '<paths...>',
      'files, folders, patterns, tar archives, - for standard input; logs are recognised by their content (plain, .gz, .zst)',
    )
    .addOption(
      flag('-f, --format <format>', `what stdout gets: ${describeFormats()}`, 'FORMAT')
        .choices([...OUTPUT_FORMATS])
        .default('table'),
    )
    .addOption(
      flag('-o, --output <format=path>', 'also write a report; may be repeated', 'OUTPUT')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      flag('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)', 'CONFIG'),
    )
    .addOption(
      flag('--inside <cidr>', 'a network that is ours; may be repeated', 'INSIDE')
        .argParser(collect)
        .default([], 'private ranges'),
    )
    .addOption(
      flag(
        '--container-cidr <cidr>',
        'a network whose addresses are containers; may be repeated',
        'CONTAINER_CIDR',
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      flag('--baseline <path>', 'logs of a period known to be good; may be repeated', 'BASELINE')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      flag('--strategies <folder>', 'a folder of strategies of your own; may be repeated', 'STRATEGIES')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(ownSourcesOption())
    .addOption(flag('--store <folder>', 'keep the rows in this folder, for `stowaway query`', 'STORE'))
    .addOption(
      flag(
        '--clickhouse-url <url>',
        'use a ClickHouse server instead of the embedded engine',
        'CLICKHOUSE_URL',
      ).conflicts('store'),
    )
    .addOption(
      flag('--fail-on <severity>', 'exit with 2 when a finding is at least this severe', 'FAIL_ON').choices(
        SEVERITIES,
      ),
    )
    .addOption(
      flag('--strict', 'exit with 3 when something could not be read or a strategy could not look', 'STRICT'),
    )
    .addOption(flag('--all', 'list what stayed below the thresholds, too', 'ALL'))
    .addOption(flag('-q, --quiet', 'no progress on stderr', 'QUIET'))
    .addOption(new Option('--no-color', 'plain text'))
    .addHelpText('after', EXIT_HELP)
    .action(async (paths: string[], flags: HuntFlags) => runHunt(paths, flags));

  program
    .command('config')
    .description('about stowaway.yaml')
    .command('schema')
    .description('print the JSON Schema of stowaway.yaml, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}

async function runHunt(paths: string[], flags: HuntFlags): Promise<void> {
  const outputs = flags.output.map(parseOutput);
  const { config, folder } = await gatherConfig(flags);
  const progress = startProgress(flags.quiet ?? false);
  const interrupt = catchInterrupts();
  const result = await hunt(paths, {
    config,
    configFolder: folder,
    baseline: flags.baseline,
    strategies: flags.strategies,
    sources: flags.sources,
    ...(storeOf(flags) && { store: storeOf(flags)! }),
    onProgress: progress.update,
    shouldStop: interrupt.wasInterrupted,
  }).finally(progress.end);
  const shownAs = (format: OutputFormat) =>
    !flags.all && (format === 'json' || format === 'jsonl') ? forMachines(result) : result;
  const terminal = {
    colour: flags.color && process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    width: process.stdout.columns ?? 140,
    all: flags.all ?? false,
  };
  process.stdout.write(renderOutput(flags.format, shownAs(flags.format), terminal));
  for (const { format, path } of outputs) {
    await writeFile(path, renderOutput(format, shownAs(format), { ...terminal, colour: false }));
    if (!flags.quiet) process.stderr.write(`wrote ${path}\n`);
  }
  if (flags.format !== 'table') reportTrouble(result);
  process.exitCode = exitCodeOf(result, flags);
}

const describeFormats = (): string =>
  OUTPUT_FORMATS.map((format) => `${format} (${FORMAT_DESCRIPTIONS[format]})`).join(', ');

function parseOutput(text: string): { format: OutputFormat; path: string } {
  const [format, ...rest] = text.split('=');
  const path = rest.join('=');
  if (format === undefined || !isOutputFormat(format) || path === '') {
    throw new ExitError(
      EXIT.error,
      `--output ${text}: write it as FORMAT=PATH, with one of ${OUTPUT_FORMATS.join(', ')}`,
    );
  }
  return { format, path };
}

export async function gatherConfig(
  flags: Pick<HuntFlags, 'config' | 'inside' | 'containerCidr'>,
): Promise<{ config: Config; folder: string }> {
  const file = flags.config ?? (existsSync('stowaway.yaml') ? 'stowaway.yaml' : undefined);
  if (file !== undefined && !existsSync(file))
    throw new ExitError(EXIT.invalidContent, `${file}: no such file; check --config`);
  const config = file === undefined ? DEFAULT_CONFIG : await readConfig(file);
  for (const cidr of [...flags.inside, ...flags.containerCidr]) {
    if (!isCidr(cidr))
      throw new ExitError(EXIT.invalidContent, `${cidr} is no address or network; write it as 10.0.0.0/8`);
  }
  return {
    config: {
      ...config,
      ...(flags.inside.length > 0 && { inside: flags.inside }),
      container_cidrs: [...config.container_cidrs, ...flags.containerCidr],
    },
    folder: file === undefined ? '.' : configFolderOf(file),
  };
}

function storeOf(flags: HuntFlags): StoreLocation | null {
  if (flags.clickhouseUrl) return { url: flags.clickhouseUrl };
  return flags.store ? { path: flags.store } : null;
}

/** The first Ctrl-C ends reading and judges what was read; the second exits at once. */
function catchInterrupts(): { wasInterrupted: () => boolean } {
  let isInterrupted = false;
  process.on('SIGINT', () => {
    if (isInterrupted) process.exit(EXIT.interrupted);
    isInterrupted = true;
    process.stderr.write('\nstowaway: stopping after this file; Ctrl-C again exits at once\n');
  });
  return { wasInterrupted: () => isInterrupted };
}

/** The contract lists findings; what stayed below the thresholds is only there when asked for. */
const forMachines = (result: HuntResult): HuntResult => ({
  ...result,
  report: {
    ...result.report,
    findings: result.report.findings.filter((finding) => finding.status !== 'candidate'),
  },
});

function exitCodeOf(result: HuntResult, flags: HuntFlags): number {
  const { report } = result;
  if (result.partial) return EXIT.interrupted;
  if (result.mismatches.length > 0) return EXIT.error;
  if (report.inputs.length === 0) return EXIT.error;
  const isSevere = report.findings.some(
    (finding) =>
      finding.status === 'open' &&
      flags.failOn !== undefined &&
      SEVERITIES.indexOf(finding.severity) <= SEVERITIES.indexOf(flags.failOn),
  );
  if (isSevere) return EXIT.findings;
  const isPartly =
    result.problems.some((problem) => problem.level !== 'note') ||
    result.deadLetters.total > 0 ||
    report.strategies.some((strategy) => strategy.state === 'blind' || strategy.state === 'degraded');
  return flags.strict && isPartly ? EXIT.partly : EXIT.done;
}
