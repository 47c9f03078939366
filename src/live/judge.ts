import { findFindings } from '../correlate/correlate.js';
import { latestBeginning } from '../correlate/episodes.js';
import { describeFinding } from '../correlate/evidence.js';
import { judgeStates } from '../correlate/states.js';
import { judgeTrials } from '../correlate/trials.js';
import { alignClocks } from '../detect/clock.js';
import { deriveCodeDestinations } from '../detect/code-destinations.js';
import { deriveCommands } from '../detect/commands.js';
import { deriveInventory } from '../detect/inventory.js';
import { deriveOpenConnections } from '../detect/open-connections.js';
import { type Answers, runAnalytics } from '../detect/run-analytics.js';
import { examineVisibility, type Visibility } from '../detect/visibility.js';
import { deriveZones } from '../detect/zones.js';
import type { Allowance } from '../model/allowance.js';
import type { Finding, FindingDetail, StrategyState, Trial } from '../model/hunt-result.js';
import type { Strategy } from '../model/strategy.js';
import type { Content } from '../pipeline.js';
import { remembering } from '../store/remember.js';
import { EVENT_TABLES } from '../store/schema.js';
import { type Store, withSettings } from '../store/store.js';
import { lately, type Span } from './judged-store.js';

export interface Judgement {
  findings: Finding[];
  span: Span;
  /** How well each strategy sees, whatever it found. */
  states: StrategyState[];
  /** Ids of strategies of which an analytic could not be asked this time. */
  unasked: Set<string>;
  /** When what can open a finding began last, after a silence: by its uid, of those of which that is known. */
  beginnings: ReadonlyMap<string, string>;
  /** The same findings, had other allowances held than do. */
  under(allowances: Allowance[]): Finding[];
  /** What other parameters would have made of the same rows, as long as nothing is derived anew. */
  trial(strategies: Strategy[]): Promise<Trial>;
  /** The picture behind a finding of this judgement, as long as nothing is derived anew. */
  describe(finding: Finding): Promise<FindingDetail>;
}

/** How well each strategy sees what happened in the span. */
export const lookAround = (
  store: Store,
  { strategies, sources }: Content,
  span: Span,
): Promise<Visibility[]> => examineVisibility(lately(store, span), strategies, sources);

/** Connections of which a sensor says who opened them. */
const SENSED = 'sensed_source';

/** What can be worked out anew; at first all of it. */
export const ANYTHING: readonly string[] = [...EVENT_TABLES, SENSED];

/** What was loaded into, as far as something is worked out of it. */
export async function freshOf(
  store: Store,
  tables: readonly string[],
  loads: readonly number[],
): Promise<string[]> {
  if (!tables.includes('network_activity')) return [...tables];
  const [came] = await store.rows<{ sensed: number }>(
    `SELECT count() > 0 AS sensed FROM network_activity WHERE load_id IN {loads:Array(UInt32)} AND container_uid != ''`,
    { loads },
  );
  return came!.sensed ? [...tables, SENSED] : [...tables];
}

/** Tables that say who is who, and what was run: worked out anew only when rows came. */
const TELLING_WHO = [
  ...['container_inventory', 'network_inventory', 'cgroup_inventory', 'api_activity', 'process_activity'],
  SENSED,
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
    await deriveInventory(store, store.shards === null ? SENSED : 'network_activity');
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
  visibility: Visibility[];
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
  { span, visibility, answers, allowances }: Asked,
): Promise<Judgement> {
  const { strategies, config } = content;
  const run = await runAnalytics(store, strategies, visibility, answers);
  const now = { allowances, buildWorkloads: config.build_workloads };
  const { findings, told, under } = await findFindings(store, run.hits, strategies, {
    ...{ now, proposed: null },
    // Nobody is told of them while events come.
    candidates: 0,
  });
  // Each look-up that several trials need is asked once.
  const reader = remembering(withSettings(store, { max_execution_time: LONGEST_SECONDS }));
  const scopes = new Map(told.map(({ finding, scope }) => [finding.uid, scope]));
  return {
    findings,
    span,
    beginnings: new Map(
      told.flatMap(({ finding, episode }) => {
        const began = latestBeginning(episode, span.minutesSince);
        return began === null ? [] : [[finding.uid, began] as const];
      }),
    ),
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
