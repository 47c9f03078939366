import { findFindings } from '../correlate/correlate.js';
import { describeFinding } from '../correlate/evidence.js';
import { judgeStates } from '../correlate/states.js';
import { judgeTrials } from '../correlate/trials.js';
import { alignClocks } from '../detect/clock.js';
import { deriveCodeDestinations } from '../detect/code-destinations.js';
import { deriveCommands } from '../detect/commands.js';
import { deriveInventory } from '../detect/inventory.js';
import { deriveOpenConnections, OPEN } from '../detect/open-connections.js';
import { type Answers, runAnalytics } from '../detect/run-analytics.js';
import { examineVisibility } from '../detect/visibility.js';
import { deriveZones } from '../detect/zones.js';
import type { Allowance } from '../model/allowance.js';
import type { Finding, FindingDetail, StrategyState, Trial } from '../model/hunt-result.js';
import type { Strategy } from '../model/strategy.js';
import type { Content } from '../pipeline.js';
import { remembering } from '../store/remember.js';
import { TIMED_TABLES } from '../store/schema.js';
import { type Store, tableFilters, withSettings } from '../store/store.js';

export interface Judgement {
  findings: Finding[];
  span: Span;
  /** How well each strategy sees, whatever it found. */
  states: StrategyState[];
  /** Ids of strategies of which an analytic could not be asked this time. */
  unasked: Set<string>;
  /** The same findings, had other allowances held than do. */
  under(allowances: Allowance[]): Finding[];
  /** What other parameters would have made of the same rows, as long as nothing is derived anew. */
  trial(strategies: Strategy[]): Promise<Trial>;
  /** The picture behind a finding of this judgement, as long as nothing is derived anew. */
  describe(finding: Finding): Promise<FindingDetail>;
}

/** What is judged: events of this span, both ends in it. */
export interface Span {
  since: Date;
  until: Date;
}

/**
 * The store as it is judged: rows told twice count once, sealed and open parts of a sum are one, nothing from before the span is
 * looked at but in sums, and what says that it happens later waits until then.
 */
export function judgedStore(store: Store, span: Span): Store {
  return withSettings(store, { final: 1, additional_table_filters: tableFilters(filtersOf(span)) });
}

/** What can be looked at is told by what came lately: connections of last week show nothing of today. */
const lately = (store: Store, span: Span): Store =>
  withSettings(store, {
    additional_table_filters: tableFilters({
      ...filtersOf(span),
      connection: `end_time >= ${momentOf(span.since)}`,
    }),
  });

// No quotes: the setting is quoted text itself.
const momentOf = (at: Date): string => `fromUnixTimestamp64Milli(${at.getTime()})`;

function filtersOf({ since, until }: Span): Record<string, string> {
  const hasBegun = `time <= ${momentOf(until)}`;
  return Object.fromEntries([
    ...TIMED_TABLES.map((table) => [table, `time >= ${momentOf(since)} AND ${hasBegun}`]),
    ...[OPEN.network, OPEN.http].map((table) => [table, hasBegun]),
  ]);
}

/** Tables that say who is who, and what was run: worked out anew only when rows came. */
const TELLING_WHO = [
  ...['container_inventory', 'network_inventory', 'cgroup_inventory', 'api_activity', 'process_activity'],
  'network_activity',
];
const TELLING_COMMANDS = ['container_inventory', 'api_activity', 'process_activity'];
const TELLING_TIMES = ['monotonic_activity', 'network_activity'];

/** Works out what the analytics ask of, as far as rows of these tables came since it was done last. */
export async function deriveNew(
  store: Store,
  { config }: Content,
  fresh: ReadonlySet<string>,
): Promise<void> {
  const came = (tables: string[]) => tables.some((table) => fresh.has(table));
  if (came(TELLING_WHO)) {
    await deriveZones(store, { inside: config.inside ?? null, containerCidrs: config.container_cidrs });
    await deriveInventory(store);
  }
  await deriveOpenConnections(store);
  if (came(TELLING_TIMES)) await alignClocks(store);
  if (came([...TELLING_COMMANDS, ...TELLING_TIMES])) await deriveCommands(store);
  await deriveCodeDestinations(store);
}

/** Who tries other parameters must not keep the ticks waiting for long. */
const LONGEST_SECONDS = 10;

interface Asked {
  span: Span;
  /** What is answered already. */
  answers: Answers;
  allowances: Allowance[];
}

/**
 * Asks every analytic of every strategy that has no answer yet, and makes findings of what they answer: what a hunt does with the same
 * rows. `answers` gets what was asked.
 */
export async function judge(
  store: Store,
  content: Content,
  { span, answers, allowances }: Asked,
): Promise<Judgement> {
  const { sources, strategies, config } = content;
  const visibility = await examineVisibility(lately(store, span), strategies, sources);
  const run = await runAnalytics(store, strategies, visibility, answers);
  const now = { allowances, buildWorkloads: config.build_workloads };
  const { findings, told, under } = await findFindings(store, run.hits, strategies, { now, proposed: null });
  // Each look-up that several trials need is asked once.
  const reader = remembering(withSettings(store, { max_execution_time: LONGEST_SECONDS }));
  const scopes = new Map(told.map(({ finding, scope }) => [finding.uid, scope]));
  return {
    findings,
    span,
    under,
    async trial(others) {
      const judged = { now: strategies, visibility, authorised: now, known: answers };
      return (await judgeTrials(reader, [others], judged))[0]!;
    },
    unasked: new Set(run.failures.map(({ strategy }) => strategy)),
    states: judgeStates(strategies, visibility, run.failures, []),
    describe: (finding) => describeFinding(store, finding, scopes.get(finding.uid)!),
  };
}
