import { join } from 'node:path';
import type { Authorisation } from '../model/allowance.js';
import type { Finding, HuntReport, HuntResult } from '../model/hunt-result.js';
import type { ParameterChange } from '../model/parameter-change.js';
import { PACKAGE_ROOT } from '../model/paths.js';
import type { Ads } from './folder.js';
import type { ExpectedFinding, Scenario } from './scenario.js';

/** What a scenario asks of a hunt besides its inputs. */
export interface ScenarioHuntOptions {
  baseline: string[];
  config: string | null;
  containerCidrs: string[];
  intel: string[];
  /** Under consideration: see `proposed` of the result. */
  proposed?: Authorisation;
  /** Parameters other than the strategies' own, and those to try on top of them: see `trials` of the result. */
  parameters?: ParameterChange[];
  trials?: ParameterChange[][];
  /** Ids of the strategies that are asked; default: every one. */
  only?: string[];
}

/** Runs one hunt over `paths` in a store of its own; the pipeline is handed in, so that src/ads knows none of it. */
export type Hunt = (paths: string[], options: ScenarioHuntOptions) => Promise<HuntResult>;

export interface ScenarioOutcome {
  strategy: string;
  scenario: string;
  sentence: string;
  passed: boolean;
  /** Why not; empty when it passed. */
  reasons: string[];
  elapsedSeconds: number;
  /** Sources that the hunt read events of. */
  sources: string[];
}

/** Runs every scenario, one after another: a store allows one hunt at a time. `only` is a part of strategy/scenario. */
export async function testScenarios(
  all: readonly Ads[],
  hunt: Hunt,
  {
    only = '',
    now = () => performance.now(),
    onScenario = () => {},
    onOutcome = () => {},
  }: {
    only?: string;
    now?: () => number;
    onScenario?: (id: string) => void;
    onOutcome?: (outcome: ScenarioOutcome) => void;
  } = {},
): Promise<ScenarioOutcome[]> {
  const outcomes: ScenarioOutcome[] = [];
  const huntOnce = oncePerRecording(hunt);
  for (const ads of all) {
    for (const scenario of [...ads.scenarios, ...ads.recordings].filter((each) =>
      `${ads.id}/${each.id}`.includes(only),
    )) {
      const startedAt = now();
      onScenario(`${ads.id}/${scenario.id}`);
      const { reasons, sources } = await run(ads.id, scenario, huntOnce);
      const outcome = {
        strategy: ads.id,
        scenario: scenario.id,
        sentence: scenario.sentence,
        passed: reasons.length === 0,
        reasons,
        elapsedSeconds: (now() - startedAt) / 1000,
        sources,
      };
      outcomes.push(outcome);
      onOutcome(outcome);
    }
  }
  return outcomes;
}

type HuntScenario = (strategy: string, scenario: Scenario) => Promise<HuntResult>;

/** Several strategies are held against one recorded background, each for itself: it is hunted once, by all of them. */
function oncePerRecording(hunt: Hunt): HuntScenario {
  const shared = new Map<string, Promise<HuntResult>>();
  return (strategy, scenario) => {
    const options = scenarioHuntOptions(strategy, scenario);
    if (options.only) return hunt(scenarioPaths(scenario), options);
    const before = shared.get(scenario.folder) ?? hunt(scenarioPaths(scenario), options);
    shared.set(scenario.folder, before);
    return before;
  };
}

async function run(
  strategy: string,
  scenario: Scenario,
  hunt: HuntScenario,
): Promise<Pick<ScenarioOutcome, 'reasons' | 'sources'>> {
  try {
    const result = await hunt(strategy, scenario);
    return { reasons: judge(strategy, scenario, result), sources: sourcesRead(result) };
  } catch (cause) {
    const reason = `the hunt failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { reasons: [reason], sources: [] };
  }
}

export const sourcesRead = ({ report }: HuntResult): string[] =>
  report.inputs.filter((input) => input.events > 0).map((input) => input.source);

export const scenarioPaths = (scenario: Scenario): string[] =>
  scenario.inputs.map((path) => resolveInput(scenario, path));

export function scenarioHuntOptions(strategy: string, scenario: Scenario): ScenarioHuntOptions {
  const resolve = (path: string): string => resolveInput(scenario, path);
  const about = concerned(strategy, scenario);
  return {
    baseline: scenario.baseline.map(resolve),
    config: scenario.config === undefined ? null : resolve(scenario.config),
    containerCidrs: scenario.flags.container_cidr,
    intel: scenario.intel.map(resolve),
    ...(about && { only: about }),
  };
}

/** Whose findings a scenario is about; null where nobody may say anything: harmless work that was recorded. */
function concerned(strategy: string, { kind, isEmulation, expect }: Scenario): string[] | null {
  if (isEmulation && kind === 'quiet') return null;
  return [
    ...new Set([
      strategy,
      ...[...expect.findings, ...expect.suppressed].flatMap((each) => each.strategy ?? []),
    ]),
  ];
}

export function resolveInput(scenario: Pick<Scenario, 'folder'>, path: string): string {
  return path.startsWith('demo/') ? join(PACKAGE_ROOT, path) : join(scenario.folder, path);
}

/** Compares what a hunt yielded with what the scenario expects. Empty when all holds. */
export function judge(strategy: string, scenario: Scenario, result: HuntResult): string[] {
  const { strategies } = result.report;
  const { expect } = scenario;
  const findings = findingsConcerned(strategy, scenario, result.report);
  const of = (status: Finding['status']): Finding[] =>
    findings.filter((finding) => finding.status === status);
  const reasons = [
    ...unmet(expect.findings, of('open'), strategy, 'an open finding'),
    ...unmet(expect.suppressed, of('suppressed'), strategy, 'a suppressed finding'),
    ...of('open')
      .filter((finding) => !isExpected(finding, scenario, strategy))
      .map((finding) => unexpected(finding, scenario)),
    ...expect.quiet
      .filter((entity) => of('open').some((finding) => isEntity(finding, entity)))
      .map((entity) => `"${entity}" must stay quiet`),
  ];
  const problems = result.problems.filter(
    ({ level, where }) => level === 'error' && !(expect.lossy && where.endsWith('/sense.json')),
  );
  reasons.push(...problems.map((problem) => `input not read: ${problem.where}: ${problem.what}`));
  const failures = result.failures.filter((failure) => failure.strategy === strategy);
  reasons.push(...failures.map(({ reason }) => reason));
  const actual = strategies.find((each) => each.id === strategy);
  const wanted = expect.state === undefined ? null : [expect.state].flat();
  if (wanted && (!actual || !wanted.includes(actual.state))) {
    reasons.push(`state is ${actual?.state ?? 'unknown'}, expected ${wanted.join(' or ')}`);
  } else if (scenario.kind === 'quiet' && actual?.state === 'blind' && !wanted) {
    reasons.push(`quiet because blind, which shows nothing: ${actual.reasons.join('; ')}`);
  }
  return reasons;
}

function unmet(expected: ExpectedFinding[], found: Finding[], strategy: string, what: string): string[] {
  return expected.flatMap((each) => {
    const matches = found.filter((finding) => isAbout(finding, each, strategy));
    if (matches.length === 0)
      return [`no ${what.replace(/^an? /, '')} of ${each.strategy ?? strategy} on "${each.entity}"`];
    const saw = new Set(matches.flatMap((finding) => finding.terms.map((term) => term.analytic)));
    const silent = (each.analytics ?? []).filter((id) => !saw.has(id));
    if (silent.length > 0) return [`${silent.join(', ')} did not see "${each.entity}"`];
    const best = Math.max(...matches.map((finding) => finding.score));
    if (each.minScore === undefined || best >= each.minScore) return [];
    return [
      `score of ${what.replace(/^an? /, '')} on "${each.entity}" is ${best.toFixed(3)}, expected at least ${each.minScore}`,
    ];
  });
}

function unexpected(finding: Finding, scenario: Scenario): string {
  const said = `${finding.strategy} fired on "${finding.entity.name}" with ${finding.score.toFixed(3)}: ${finding.why}`;
  return scenario.kind === 'misses' ? `the blind spot is closed, so its text must change: ${said}` : said;
}

/** Findings of the strategies a scenario is about. */
export function findingsConcerned(
  strategy: string,
  scenario: Scenario,
  { findings }: Pick<HuntReport, 'findings'>,
): Finding[] {
  const about = concerned(strategy, scenario);
  return findings.filter((finding) => about === null || about.includes(finding.strategy));
}

export const isExpected = (finding: Finding, { expect }: Scenario, strategy: string): boolean =>
  expect.findings.some((each) => isAbout(finding, each, strategy));

export function isAbout(finding: Finding, expected: ExpectedFinding, strategy: string): boolean {
  return finding.strategy === (expected.strategy ?? strategy) && isEntity(finding, expected.entity);
}

export function isEntity({ entity }: Finding, name: string): boolean {
  return (
    entity.name === name ||
    entity.ip === name ||
    (name.length >= 12 && (entity.container_uid ?? '').startsWith(name))
  );
}

/** One line, and the reasons below. */
export const formatOutcome = (outcome: ScenarioOutcome): string =>
  [
    `${outcome.passed ? 'pass' : 'FAIL'}  ${outcome.strategy}/${outcome.scenario}  ${outcome.elapsedSeconds.toFixed(1)} s`,
    ...outcome.reasons.map((reason) => `      ${reason}`),
    '',
  ].join('\n');

export function formatTotals(outcomes: readonly ScenarioOutcome[]): string {
  const failed = outcomes.filter((outcome) => !outcome.passed).length;
  return `${outcomes.length - failed} passed, ${failed} failed\n`;
}
