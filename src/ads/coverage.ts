import { tablesBehind } from '../detect/visibility.js';
import type { HuntResult, StrategyStateName } from '../model/hunt-result.js';
import type { Source } from '../model/source.js';
import { forTerminal } from '../output/escape.js';
import type { Ads } from './folder.js';
import { type ScenarioKind, scenarioKind } from './scenario.js';
import { type ScenarioOutcome, sourcesRead } from './test.js';

/** Scenarios that ended as they must, and that did not. */
export interface Tally {
  passed: number;
  failed: number;
}

/** What one source does for one strategy. */
export interface CoverageCell {
  source: string;
  /** An analytic needs what this source fills. */
  designed: boolean;
  /** Scenarios with logs of this source that must fire or stay quiet: how many do so, how many do not. */
  passed: number;
  failed: number;
  /** The same by what they claim; those of known blind spots, which show nothing, are in here only. */
  scenarios: Record<ScenarioKind, Tally>;
  /** The strategy's state on the given input; null when it holds no events of this source. */
  working: StrategyStateName | null;
}

export interface StrategyCoverage {
  strategy: string;
  technique: string;
  title: string;
  tactic: string;
  platforms: string[];
  attack: { release: string; detectionStrategy: string; analytics: string[] };
  /** On the given input; null when there is none. */
  state: StrategyStateName | null;
  cells: CoverageCell[];
}

type CountedOutcome = Pick<ScenarioOutcome, 'strategy' | 'scenario' | 'passed' | 'sources'>;

/** The matrix of strategies and sources: designed, tested, and working on this input. */
export function measureCoverage(
  all: readonly Ads[],
  sources: readonly Source[],
  { outcomes, input }: { outcomes: readonly CountedOutcome[]; input: HuntResult | null },
): StrategyCoverage[] {
  const seen = new Set(input ? sourcesRead(input) : []);
  return all.flatMap((ads) => {
    if (!ads.strategy) return [];
    const { id } = ads;
    const { technique, title, tactic, platforms, attack, analytics } = ads.strategy;
    const tables = new Set(analytics.flatMap((each) => each.needs.flatMap(tablesBehind)));
    const own = outcomes.filter((each) => each.strategy === id);
    const state = input?.report.strategies.find((each) => each.id === id)?.state ?? null;
    const cells = sources.map((source): CoverageCell => {
      const scenarios = tallyByKind(
        ads,
        own.filter((each) => each.sources.includes(source.id)),
      );
      const { fires, quiet } = scenarios;
      return {
        source: source.id,
        designed: source.fills.some((table) => tables.has(table)),
        passed: fires.passed + quiet.passed,
        failed: fires.failed + quiet.failed,
        scenarios,
        working: seen.has(source.id) ? state : null,
      };
    });
    return [{ strategy: id, technique, title, tactic, platforms, attack, state, cells }];
  });
}

function tallyByKind(ads: Ads, outcomes: readonly CountedOutcome[]): CoverageCell['scenarios'] {
  const kinds = new Map([...ads.scenarios, ...ads.recordings].map(({ id, kind }) => [id, kind]));
  const tallyOf = (wanted: ScenarioKind): Tally => {
    const own = outcomes.filter(({ scenario }) => (kinds.get(scenario) ?? scenarioKind(scenario)) === wanted);
    const passed = own.filter((each) => each.passed).length;
    return { passed, failed: own.length - passed };
  };
  return { fires: tallyOf('fires'), quiet: tallyOf('quiet'), misses: tallyOf('misses') };
}

/** One row a source, one column a technique. */
export function formatCoverage(coverage: readonly StrategyCoverage[]): string {
  const sources = coverage[0]?.cells.map((cell) => cell.source) ?? [];
  const rows = [
    ['SOURCE', ...coverage.map((each) => each.technique)],
    ...sources.map((source, index) => [source, ...coverage.map((each) => cellText(each.cells[index]!))]),
  ];
  const states = coverage.flatMap((each) => each.state ?? []);
  if (states.length > 0) rows.push(['(state on this input)', ...coverage.map((each) => each.state ?? '')]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => forTerminal(cell).padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}

designed   an analytic needs what the source fills; no scenario with its logs shows it
tested n   n scenarios or recordings with its logs fire or stay quiet as they must; n/m when some do not
read       its logs are in a scenario, though no analytic of the strategy needs what it fills directly
+ state    its events are in the given input, on which the strategy ended so
`;
}

function cellText({ designed, passed, failed, working }: CoverageCell): string {
  const total = passed + failed;
  const count = failed === 0 ? `${passed}` : `${passed}/${total}`;
  const tested = total === 0 ? (designed ? 'designed' : '·') : `${designed ? 'tested' : 'read'} ${count}`;
  return working === null ? tested : `${tested} + ${working}`;
}
