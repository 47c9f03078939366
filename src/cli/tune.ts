import { type Command, InvalidArgumentError } from 'commander';
import { readAllAds } from '../ads/folder.js';
import { fittingValues, sweepValues } from '../ads/sweep-values.js';
import { propose, type Target, tune } from '../ads/tune.js';
import { applyChanges, isNamed, parseTarget, tunablesOf } from '../model/parameter-change.js';
import { contentFolder } from '../model/paths.js';
import { readStrategies } from '../model/strategies.js';
import type { Parameter, Strategy } from '../model/strategy.js';
import { readVerdicts } from '../model/verdict-file.js';
import { Hunts } from '../pipeline.js';
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
import { tuningToJson, tuningToText } from './tune-text.js';

interface TuneFlags extends LogFlags {
  logs: string[];
  verdicts?: string;
  steps?: number;
  values?: number[];
  only: string;
  strategies: string[];
  format: string;
}

/** Values to try of a parameter that was named, and of each one of a strategy. */
const NAMED_STEPS = 11;
const ALL_STEPS = 7;

/** More values than this of one parameter tell nothing more. */
const MAX_STEPS = 101;

export function addTuneCommand(program: Command): void {
  const command = program
    .command('tune')
    .description(
      'sweep parameters against scenarios, recordings and verdicts; proposes what stowaway.yaml could say, writes nothing',
    )
    .argument(
      '<strategy[/parameter]...>',
      'such as T1567/upload_ratio_min; a strategy alone: each of its parameters',
    )
    .addOption(
      repeatable('--logs <path>', 'logs of your own, judged under each value as well; may be repeated'),
    )
    .option('--verdicts <file>', 'what was said of findings in these logs (YAML, or .ndjson)')
    .option(
      '--steps <n>',
      `values to try of each parameter (default: ${NAMED_STEPS}, for a whole strategy ${ALL_STEPS})`,
      wholeNumber,
    )
    .option('--values <list>', 'the values to try, such as 2,4,8, instead', numbers)
    .option('--only <part>', 'scenarios whose strategy/name holds this', '');
  for (const option of [...logOptions(), ownStrategiesOption(), tableOrJson(), quietOption()])
    command.addOption(option);
  command.action(runTune);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 3 || value > MAX_STEPS)
    throw new InvalidArgumentError(`a whole number from 3 to ${MAX_STEPS}`);
  return value;
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (text.trim() === '' || values.some((value) => !Number.isFinite(value)) || values.length > MAX_STEPS)
    throw new InvalidArgumentError(`up to ${MAX_STEPS} numbers, with commas between them`);
  return values;
}

async function runTune(names: string[], flags: TuneFlags): Promise<void> {
  if (flags.verdicts !== undefined && flags.logs.length === 0)
    throw new ExitError(EXIT.error, '--verdicts tells of findings in logs: give --logs as well');
  const { config, folder } = await gatherConfig(flags);
  const verdicts = flags.verdicts === undefined ? [] : await readVerdicts(flags.verdicts);
  const strategies = applyChanges(
    await readStrategies(contentFolder('strategies'), ...flags.strategies),
    config.parameters,
  );
  const targets = names.flatMap((name) => targetsOf(name, strategies, flags));
  const progress = startProgress(flags.quiet ?? false);
  const started = Date.now();
  await using hunts = new Hunts(flags);
  const tuning = await tune(targets, {
    strategies,
    ads: await readAllAds(contentFolder('strategies'), ...flags.strategies),
    parameters: config.parameters,
    hunt: hunts.huntScenario,
    only: flags.only,
    verdicts,
    onScenario: ({ id, nth, of }) =>
      void (
        flags.quiet ||
        process.stderr.write(
          `trying on ${id} (${nth} of ${of}, after ${Math.round((Date.now() - started) / 1000)} s)\n`,
        )
      ),
    ...(flags.logs.length > 0 && {
      huntLogs: async (trials) => {
        const result = await hunts
          .hunt(flags.logs, {
            config,
            configFolder: folder,
            baseline: flags.baseline,
            trials,
            onProgress: progress.update,
          })
          .finally(progress.end);
        reportTrouble(result);
        return result;
      },
    }),
  });
  if (tuning.scenarios === 0 && flags.logs.length === 0)
    throw new ExitError(EXIT.error, `no scenario could be used; check --only ${flags.only}`);
  const proposal = propose(tuning.sweeps);
  process.stdout.write(
    flags.format === 'json' ? tuningToJson(tuning, proposal) : tuningToText(tuning, proposal),
  );
}

function targetsOf(name: string, strategies: Strategy[], flags: TuneFlags): Target[] {
  const { values } = flags;
  const target = parseTarget(name);
  const strategy = strategies.find((each) => isNamed(each, target?.strategy ?? ''));
  if (!target || !strategy)
    throw new ExitError(
      EXIT.error,
      `${name}: no such strategy; there are ${strategies.map(({ id }) => id).join(', ')}`,
    );
  const tunables = tunablesOf(strategy);
  const meant = tunables.filter((each) => target.name === null || each.name === target.name);
  if (meant.length === 0)
    throw new ExitError(
      EXIT.error,
      `${name}: no such parameter; there are ${tunables.map((each) => each.name).join(', ')}`,
    );
  if (values && meant.length > 1)
    throw new ExitError(
      EXIT.error,
      `--values are those of one parameter: name it, as in ${name}/${meant[0]!.name}`,
    );
  const steps = flags.steps ?? (target.name === null ? ALL_STEPS : NAMED_STEPS);
  return meant.flatMap((parameter) => {
    const tried = valuesOf(
      strategy,
      parameter,
      values ?? sweepValues(parameter, steps),
      values !== undefined,
    );
    if (tried.length > 1) return { strategy, parameter, values: tried };
    if (target.name === null) return [];
    throw new ExitError(EXIT.error, `${name}: nothing to sweep; name values with --values`);
  });
}

/** What a sweep makes up must not cross the other threshold; what somebody asks for is refused. */
function valuesOf(strategy: Strategy, parameter: Parameter, values: number[], isStated: boolean): number[] {
  const changeTo = (value: number) => ({
    strategy: strategy.id,
    name: parameter.name,
    value,
    where: `--values ${value}`,
  });
  if (isStated && typeof parameter.default === 'number')
    for (const value of values) applyChanges([strategy], [changeTo(value)]);
  return fittingValues(strategy, parameter, values);
}
