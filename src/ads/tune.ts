import type { HuntResult, Trial } from '../model/hunt-result.js';
import { applyChanges, type ParameterChange } from '../model/parameter-change.js';
import type { Parameter, Strategy } from '../model/strategy.js';
import type { Verdict } from '../model/verdict-file.js';
import type { Ads } from './folder.js';
import type { Scenario } from './scenario.js';
import { type Hunt, judge, scenarioHuntOptions, scenarioPaths } from './test.js';
import { addEffect, type Effect, effectOnLogs, effectOnScenario, noEffect } from './tune-effect.js';
import { matchVerdicts } from './verdicts.js';

/** A parameter of a strategy and the values to try. */
export interface Target {
  strategy: Strategy;
  parameter: Parameter;
  values: number[];
}

export interface Candidate {
  value: number;
  is_current: boolean;
  /** `refused`: a validated true positive is lost. `worse`: something else is. `better`: something is gained and nothing lost. */
  judgement: 'current' | 'better' | 'same' | 'worse' | 'refused';
  effect: Effect;
}

export interface Sweep {
  strategy: string;
  parameter: Parameter;
  candidates: Candidate[];
}

export interface Tuning {
  sweeps: Sweep[];
  /** Scenarios that were held against each value. */
  scenarios: number;
  /** Scenarios that fail as things are, or could not be hunted, and why. */
  failing: string[];
  /** Places of verdicts that name no finding of the logs. */
  unmatched: string[];
}

export interface TuneOptions {
  /** As they stand. */
  strategies: readonly Strategy[];
  ads: readonly Ads[];
  /** Changes that stowaway.yaml states already. */
  parameters: ParameterChange[];
  hunt: Hunt;
  /** A part of the names of the scenarios to use. */
  only?: string;
  /** Hunts the user's logs under the trials; absent without logs. */
  huntLogs?: (trials: ParameterChange[][]) => Promise<HuntResult>;
  verdicts?: readonly Verdict[];
  onScenario?: (progress: { id: string; nth: number; of: number }) => void;
}

/**
 * Sweeps parameters, one at a time. Each scenario is loaded once and judged under every value; the logs as well. The current value is held
 * against itself like any other.
 */
export async function tune(targets: readonly Target[], options: TuneOptions): Promise<Tuning> {
  const runs = targets.map((target) => toRun(target, options.strategies));
  const tuning: Tuning = { sweeps: [], scenarios: 0, failing: [], unmatched: [] };
  for (const id of new Set(targets.map(({ strategy }) => strategy.id)))
    await runScenarios(
      id,
      runs.filter(({ strategy }) => strategy === id),
      options,
      tuning,
    );
  if (options.huntLogs) await runLogs(runs, options, tuning);
  tuning.sweeps = runs.map(({ strategy, parameter, tries }) => ({
    strategy,
    parameter,
    candidates: tries.map(({ value, effect }) => {
      const isCurrent = value === parameter.default;
      return { value, is_current: isCurrent, judgement: isCurrent ? 'current' : judgeEffect(effect), effect };
    }),
  }));
  return tuning;
}

interface Run {
  strategy: string;
  parameter: Parameter;
  tries: { value: number; change: ParameterChange; strategies: Strategy[]; effect: Effect }[];
}

function toRun({ strategy, parameter, values }: Target, strategies: readonly Strategy[]): Run {
  const tries = values.map((value) => {
    const where = `${strategy.id}/${parameter.name}=${value}`;
    const change = { strategy: strategy.id, name: parameter.name, value, where };
    return { value, change, strategies: applyChanges(strategies, [change]), effect: noEffect() };
  });
  return { strategy: strategy.id, parameter, tries };
}

async function runScenarios(
  strategy: string,
  runs: Run[],
  { ads, hunt, parameters, only = '', onScenario }: TuneOptions,
  tuning: Tuning,
): Promise<void> {
  const tries = runs.flatMap((run) => run.tries);
  const trials = tries.map(({ change }) => [change]);
  const scenarios = scenariosOf(strategy, ads, only);
  for (const [index, scenario] of scenarios.entries()) {
    const id = `${strategy}/${scenario.id}`;
    onScenario?.({ id, nth: index + 1, of: scenarios.length });
    const options = { ...scenarioHuntOptions(strategy, scenario), parameters, trials };
    const result = await hunt(scenarioPaths(scenario), options).catch((error: Error) => error);
    if (result instanceof Error) {
      tuning.failing.push(`${id}: the hunt failed: ${result.message}`);
      continue;
    }
    tuning.scenarios += 1;
    tuning.failing.push(...judge(strategy, scenario, result).map((reason) => `${id}: ${reason}`));
    tries.forEach(({ strategies, effect }, nth) => {
      const trial = { trial: result.trials[nth]!, strategies };
      addEffect(effect, effectOnScenario({ strategy, scenario }, result, trial));
    });
  }
}

const scenariosOf = (strategy: string, ads: readonly Ads[], only: string): Scenario[] =>
  ads
    .filter(({ id }) => id === strategy)
    .flatMap(({ scenarios, recordings }) => [...scenarios, ...recordings])
    .filter(({ id }) => `${strategy}/${id}`.includes(only));

async function runLogs(runs: Run[], { huntLogs, verdicts = [] }: TuneOptions, tuning: Tuning): Promise<void> {
  const tries = runs.flatMap(({ strategy, tries: each }) => each.map((one) => ({ strategy, ...one })));
  const result = await huntLogs!(tries.map(({ change }) => [change]));
  const { byUid, unmatched } = matchVerdicts(verdicts, [
    ...new Map(
      [result.report, ...result.trials].flatMap(({ findings }) => findings.map((each) => [each.uid, each])),
    ).values(),
  ]);
  tuning.unmatched = unmatched.map(({ where }) => where);
  tries.forEach(({ strategy, strategies, effect }, index) => {
    const trial: Trial = result.trials[index]!;
    const verdictOf = ({ uid }: { uid: string }) => byUid.get(uid)?.verdict ?? null;
    addEffect(effect, effectOnLogs(result, { trial, strategies }, { strategy, verdictOf }));
  });
}

/** What counts for a value, and what against it. A closed blind spot counts as neither: where to be blind is a choice. */
function judgeEffect(effect: Effect): Candidate['judgement'] {
  if (effect.lost.length > 0) return 'refused';
  if (effect.false_new.length + effect.broken.length > 0) return 'worse';
  return gainOf(effect) > 0 ? 'better' : 'same';
}

const gainOf = ({ gained, false_gone, mended }: Effect): number =>
  gained.length + false_gone.length + mended.length;

export interface Proposal {
  strategy: string;
  parameter: Parameter;
  value: number;
  effect: Effect;
}

/** The value that gains most and loses nothing; of equals the one nearest to the current. Null when none is better. */
export function propose(sweeps: readonly Sweep[]): Proposal | null {
  const better = sweeps.flatMap(({ strategy, parameter, candidates }) =>
    candidates
      .filter(({ judgement }) => judgement === 'better')
      .map(({ value, effect }) => ({ strategy, parameter, value, effect })),
  );
  const distance = ({ value, parameter }: Proposal): number => {
    const current = Number(parameter.default);
    return value > 0 && current > 0 ? Math.abs(Math.log(value / current)) : Math.abs(value - current);
  };
  return (
    better.sort(
      (a, b) =>
        gainOf(b.effect) - gainOf(a.effect) ||
        a.effect.other_new.length - b.effect.other_new.length ||
        distance(a) - distance(b),
    )[0] ?? null
  );
}
