import type { Command } from 'commander';
import { type Backtest, backtest } from '../ads/backtest.js';
import { applyChanges, currentValue, type ParameterChange, parseChange } from '../model/parameter-change.js';
import { contentFolder } from '../model/paths.js';
import { readStrategies } from '../model/strategies.js';
import { readVerdicts } from '../model/verdict-file.js';
import { forJsonOutput } from '../output/escape.js';
import { hunt } from '../pipeline.js';
import { backtestToText } from './backtest-text.js';
import { EXIT, ExitError } from './exit.js';
import { gatherConfig } from './hunt.js';
import {
  type LogFlags,
  logOptions,
  ownStrategiesOption,
  quietOption,
  repeatable,
  tableOrJson,
} from './log-options.js';
import { startProgress } from './progress.js';
import { reportTrouble } from './trouble.js';

interface BacktestFlags extends LogFlags {
  set: string[];
  verdicts?: string;
  strategies: string[];
  format: string;
}

export function addBacktestCommand(program: Command): void {
  const command = program
    .command('backtest')
    .description('what other parameters would have done to the findings in these logs; writes nothing')
    .argument('<paths...>', 'files and folders of logs')
    .addOption(
      repeatable(
        '--set <strategy/parameter=value>',
        'a parameter, openAt or openAtSingleClass, such as T1567/openAt=0.7; may be repeated',
      ),
    )
    .option('--verdicts <file>', 'what was said of findings (YAML, or .ndjson): adds precision');
  for (const option of [...logOptions(), ownStrategiesOption(), tableOrJson(), quietOption()])
    command.addOption(option);
  command.action(runBacktest);
}

async function runBacktest(paths: string[], flags: BacktestFlags): Promise<void> {
  if (flags.set.length === 0)
    throw new ExitError(EXIT.error, 'nothing to try: give --set, such as --set T1567/openAt=0.7');
  const changes = flags.set.map((text) => parseChange(text));
  const { config, folder } = await gatherConfig(flags);
  const verdicts = flags.verdicts === undefined ? null : await readVerdicts(flags.verdicts);
  const before = applyChanges(
    await readStrategies(contentFolder('strategies'), ...flags.strategies),
    config.parameters,
  );
  const after = applyChanges(before, changes);
  const progress = startProgress(flags.quiet ?? false);
  const result = await hunt(paths, {
    config,
    configFolder: folder,
    baseline: flags.baseline,
    strategies: flags.strategies,
    trials: [changes],
    onProgress: progress.update,
  }).finally(progress.end);
  const outcome = backtest(result, result.trials[0]!, { changes, verdicts, strategies: { before, after } });
  const stated = changes.map((change) => ({ ...change, was: currentValue(before, change) }));
  process.stdout.write(flags.format === 'json' ? toJson(outcome, stated) : backtestToText(outcome, stated));
  reportTrouble(result);
  if (result.report.inputs.length === 0 || result.mismatches.length > 0) process.exitCode = EXIT.error;
  else if ((outcome.verdicts?.lost.length ?? 0) > 0) process.exitCode = EXIT.invalidContent;
}

export type StatedChange = ParameterChange & { was: number | string };

const toJson = (outcome: Backtest, changes: StatedChange[]): string =>
  `${forJsonOutput(JSON.stringify({ version: 1, parameters: changes.map(({ where, ...each }) => each), ...outcome }, null, 2))}\n`;
