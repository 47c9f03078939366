import type { Finding, HuntResult, Trial } from '../model/hunt-result.js';
import type { Strategy } from '../model/strategy.js';
import type { VerdictWord } from '../model/verdict-file.js';
import { barOf, compareFindings, type FindingChange } from './compare-findings.js';
import { isSameEpisode } from './pair-findings.js';
import type { Scenario } from './scenario.js';
import { findingsConcerned, isAbout, isExpected, judge } from './test.js';

/** What one value of a parameter does to one scenario or to the logs; each entry names what it is about. */
export interface Effect {
  /** Validated true positives that stay open, that do not, and that open only now. */
  kept: string[];
  lost: string[];
  gained: string[];
  /** Findings known to be wrong: still open, no longer open, and open only now. */
  false_kept: string[];
  false_gone: string[];
  false_new: string[];
  /** Findings of the logs that nobody judged, or judged benign. */
  other_gone: string[];
  other_new: string[];
  /** misses- scenarios in which something is found now. */
  closed: string[];
  /** What a scenario expects besides, and no longer gets; what could not be asked. */
  broken: string[];
  /** Scenarios that fail as things are, and pass with the value. */
  mended: string[];
  /** By how much each kept true positive clears its threshold. */
  margins: { margin: number; of: string }[];
}

export const noEffect = (): Effect => ({
  kept: [],
  lost: [],
  gained: [],
  false_kept: [],
  false_gone: [],
  false_new: [],
  other_gone: [],
  other_new: [],
  closed: [],
  broken: [],
  mended: [],
  margins: [],
});

/** Adds what was seen in one place to what was seen before. */
export function addEffect(sum: Effect, more: Effect): void {
  for (const key of Object.keys(sum) as (keyof Effect)[]) (sum[key] as unknown[]).push(...more[key]);
}

const isOpen = ({ status }: Finding): boolean => status === 'open';

/** Holds a scenario's expectations against the findings under other parameters. `strategies` have these parameters. */
export function effectOnScenario(
  { strategy, scenario }: { strategy: string; scenario: Scenario },
  result: HuntResult,
  { trial, strategies }: { trial: Trial; strategies: readonly Strategy[] },
): Effect {
  const effect = noEffect();
  const now = findingsConcerned(strategy, scenario, result.report).filter(isOpen);
  const then = findingsConcerned(strategy, scenario, trial).filter(isOpen);
  for (const expected of scenario.expect.findings) {
    const of = `${scenario.id} on ${expected.entity}`;
    const matches = then.filter((finding) => isAbout(finding, expected, strategy));
    const isFound = now.some((finding) => isAbout(finding, expected, strategy));
    if (matches.length > 0) effect[isFound ? 'kept' : 'gained'].push(of);
    else if (isFound) effect.lost.push(of);
    const margin = bestMargin(
      matches.filter((finding) => finding.strategy === strategy),
      strategies,
    );
    if (margin !== null) effect.margins.push({ margin, of });
  }
  const wrong = (findings: Finding[]) => findings.filter((each) => !isExpected(each, scenario, strategy));
  const name = ({ entity }: Finding): string => `${scenario.id} on ${entity.name}`;
  const only = (these: Finding[], others: Finding[]) =>
    these.filter((finding) => !others.some((other) => isSameEpisode(finding, other))).map(name);
  effect.false_gone = only(wrong(now), wrong(then));
  effect.false_kept = wrong(now)
    .map(name)
    .filter((each) => !effect.false_gone.includes(each));
  effect[scenario.kind === 'misses' ? 'closed' : 'false_new'] = only(wrong(then), wrong(now));
  judgeWhole({ strategy, scenario }, result, trial, effect);
  return effect;
}

/** What a scenario expects beyond its findings: scores, states, what is suppressed, who says so. */
function judgeWhole(
  { strategy, scenario }: { strategy: string; scenario: Scenario },
  result: HuntResult,
  trial: Trial,
  effect: Effect,
): void {
  const before = judge(strategy, scenario, result);
  const after = judge(strategy, scenario, { ...result, report: { ...result.report, ...trial } });
  const isTold = effect.lost.length + effect.false_new.length + effect.closed.length > 0;
  if (before.length > 0 && after.length === 0) effect.mended.push(scenario.id);
  if (before.length === 0 && after.length > 0 && !isTold)
    effect.broken.push(
      `${scenario.id}: ${after[0]!.replace(/is [\d.]+, expected/, 'falls below the expected')}`,
    );
  effect.broken.push(...notAsked(scenario.id, result, trial));
}

const notAsked = (where: string, result: HuntResult, trial: Trial): string[] => {
  const before = new Set(result.report.strategies.flatMap(({ reasons }) => reasons));
  return trial.strategies
    .flatMap(({ reasons }) => reasons)
    .filter((reason) => !before.has(reason))
    .map((reason) => `${where}: ${reason}`);
};

function bestMargin(findings: readonly Finding[], strategies: readonly Strategy[]): number | null {
  const margins = findings.flatMap((finding) => {
    const bar = barOf(finding, strategies);
    return bar ? [finding.score - bar.value] : [];
  });
  return margins.length === 0 ? null : Math.max(...margins);
}

const inLogs = ({ technique, entity, uid }: Finding): string =>
  `logs: ${technique} on ${entity.name} (${uid})`;

const COLUMNS = {
  vanishes: { true_positive: 'lost', false_positive: 'false_gone', benign: 'other_gone' },
  appears: { true_positive: 'gained', false_positive: 'false_new', benign: 'other_new' },
} as const;

/** What another finding tells of has neither come nor gone. */
function sortChanges(changes: readonly FindingChange[], effect: Effect): void {
  for (const { kind, before, after, instead, verdict } of changes) {
    if (kind === 'changes' || instead !== null) continue;
    effect[COLUMNS[kind][verdict ?? 'benign']].push(inLogs((kind === 'vanishes' ? before : after)!));
  }
}

/** The same of logs whose findings have verdicts. */
export function effectOnLogs(
  result: HuntResult,
  { trial, strategies }: { trial: Trial; strategies: readonly Strategy[] },
  { strategy, verdictOf }: { strategy: string; verdictOf: (finding: Finding) => VerdictWord | null },
): Effect {
  const effect = noEffect();
  const { changes } = compareFindings(
    { findings: result.report.findings, strategies },
    { findings: trial.findings, strategies },
    {
      changes: [],
      verdictOf: ({ before, after }) => (before && verdictOf(before)) ?? (after && verdictOf(after)),
    },
  );
  sortChanges(changes, effect);
  const stillOpen = (word: VerdictWord, gone: readonly string[]): Finding[] =>
    result.report.findings.filter(
      (finding) => isOpen(finding) && verdictOf(finding) === word && !gone.includes(inLogs(finding)),
    );
  const right = stillOpen('true_positive', effect.lost);
  effect.kept = right.map(inLogs);
  effect.false_kept = stillOpen('false_positive', effect.false_gone).map(inLogs);
  effect.margins = right.flatMap((finding) => {
    if (finding.strategy !== strategy) return [];
    const same = trial.findings.filter((each) => isOpen(each) && isSameEpisode(each, finding));
    const margin = bestMargin(same, strategies);
    return margin === null ? [] : [{ margin, of: inLogs(finding) }];
  });
  effect.broken = notAsked('logs', result, trial);
  return effect;
}
