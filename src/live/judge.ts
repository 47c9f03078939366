import { findFindings } from '../correlate/correlate.js';
import { describeFinding } from '../correlate/evidence.js';
import { judgeStates } from '../correlate/states.js';
import { alignClocks } from '../detect/clock.js';
import { deriveCodeDestinations } from '../detect/code-destinations.js';
import { deriveCommands } from '../detect/commands.js';
import { deriveInventory } from '../detect/inventory.js';
import { deriveOpenConnections } from '../detect/open-connections.js';
import { runAnalytics } from '../detect/run-analytics.js';
import { examineVisibility } from '../detect/visibility.js';
import { deriveZones } from '../detect/zones.js';
import type { Finding, FindingDetail, StrategyState } from '../model/hunt-result.js';
import type { Content } from '../pipeline.js';
import { EVENT_TABLES } from '../store/schema.js';
import { type Store, tableFilters, withSettings } from '../store/store.js';

export interface Judgement {
  findings: Finding[];
  states: StrategyState[];
  /** Ids of strategies of which an analytic could not be asked this time. */
  unasked: Set<string>;
  /** The picture behind a finding of this judgement, as long as nothing is derived anew. */
  describe(finding: Finding): Promise<FindingDetail>;
}

const UNTIMED = /_inventory$|^monotonic/;

/**
 * The store as it is judged: rows told twice count once, sealed and open parts of a sum are one, and nothing from before
 * `since` is looked at but in sums.
 *
 * @param since ISO 8601 UTC
 */
export function judgedStore(store: Store, since: string): Store {
  return withSettings(store, { final: 1, additional_table_filters: tableFilters(filtersOf(since)) });
}

/** What can be looked at is told by what came lately: connections of last week show nothing of today. */
const lately = (store: Store, since: string): Store =>
  withSettings(store, {
    additional_table_filters: tableFilters({
      ...filtersOf(since),
      connection: `end_time >= ${momentOf(since)}`,
    }),
  });

// No quotes: the setting is quoted text itself.
const momentOf = (since: string): string => `fromUnixTimestamp64Milli(${Date.parse(since)})`;

function filtersOf(since: string): Record<string, string> {
  const timed = EVENT_TABLES.filter((table) => !UNTIMED.test(table));
  return Object.fromEntries(timed.map((table) => [table, `time >= ${momentOf(since)}`]));
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

/** Asks every analytic of every strategy, and makes findings of what they answer: what a hunt does with the same rows. */
export async function judge(store: Store, content: Content, since: string): Promise<Judgement> {
  const { sources, strategies, references, config } = content;
  const visibility = await examineVisibility(lately(store, since), strategies, sources);
  const run = await runAnalytics(store, strategies, visibility);
  const now = { allowances: references.allowances, buildWorkloads: config.build_workloads };
  const { findings, told } = await findFindings(store, run.hits, strategies, { now, proposed: null });
  const scopes = new Map(told.map(({ finding, scope }) => [finding.uid, scope]));
  return {
    findings,
    unasked: new Set(run.failures.map(({ strategy }) => strategy)),
    states: judgeStates(strategies, visibility, run.failures, findings),
    describe: (finding) => describeFinding(store, finding, scopes.get(finding.uid)!),
  };
}
