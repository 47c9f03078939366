import type { Config } from '../model/config.js';
import type { InputSummary } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import type { Derived } from './derive.js';
import { ASSUMED_INSIDE } from './zones.js';

/** A cluster has a range on each node, and an address for each service. */
const LISTED_NETWORKS = 12;

/** Everything the hunt took for granted because nobody stated it. */
export async function describeAssumptions(
  store: Store,
  config: Config,
  derived: Derived,
  baseline: InputSummary[],
): Promise<string[]> {
  const lines: string[] = [];
  if (config.inside) lines.push(`inside: ${config.inside.join(', ')} (stated)`);
  else
    lines.push(
      `inside: ${ASSUMED_INSIDE.map((range) => range.cidr).join(', ')} (assumed; state yours with --inside or in stowaway.yaml); documentation ranges count as outside`,
    );
  const containers = [
    ...config.container_cidrs.map((cidr) => `${cidr} (stated)`),
    ...derived.containerNetworks,
  ];
  const more = containers.length > LISTED_NETWORKS ? `, and ${containers.length - LISTED_NETWORKS} more` : '';
  if (containers.length > 0)
    lines.push(`container networks: ${containers.slice(0, LISTED_NETWORKS).join(', ')}${more}`);
  lines.push(...(await describeAttribution(store)));
  if (baseline.length > 0)
    lines.push(
      `baseline: ${baseline.reduce((sum, input) => sum + input.events, 0)} events of a period stated to be good`,
    );
  else
    lines.push(
      'baseline: only what the data itself holds before each window; cold start falls back to peers, then to absolute limits',
    );
  if (config.build_workloads.length > 0)
    lines.push(
      `build workloads: ${config.build_workloads.join(', ')} (stated: their pushes to where they always push are suppressed)`,
    );
  for (const { strategy, name, value, where } of config.parameters)
    lines.push(`${strategy}/${name} is ${value} (stated: ${where})`);
  if (config.sanctioned.length === 0) lines.push('no destination is sanctioned');
  if (config.intel.length > 0) lines.push(...(await describeIndicators(store)));
  for (const file of derived.unalignedFiles)
    lines.push(
      `${file}: its clock counts from boot and no connection matches; its events are on no clock and were not judged`,
    );
  if (derived.unreadCommands > 0)
    lines.push(`${derived.unreadCommands} distinct command lines beyond the limit were not parsed`);
  return lines;
}

/** A URL can only be compared where something saw URLs. */
async function describeIndicators(store: Store): Promise<string[]> {
  const [row] = await store.rows<{ total: number; urls: number; requests: number }>(
    `SELECT count() AS total, countIf(kind = 'url') AS urls, (SELECT count() FROM http_activity) AS requests FROM threat_indicator`,
  );
  const { total, urls, requests } = row!;
  const lines = [
    `threat intelligence: ${total} indicators, each held against events of its time of validity`,
  ];
  if (urls > 0 && requests === 0)
    lines.push(`${urls} of them name URLs and were not compared: no HTTP log was read`);
  return lines;
}

async function describeAttribution(store: Store): Promise<string[]> {
  const rows = await store.rows<{ attribution: string; n: number }>(
    "SELECT attribution, count() AS n FROM connection WHERE attribution != 'none' GROUP BY attribution ORDER BY n DESC",
  );
  if (rows.length === 0) return [];
  const holders = (await store.rows<{ n: number }>('SELECT count() AS n FROM address_holder'))[0]!.n;
  const shares = rows.map((row) => `${row.n} by ${row.attribution}`).join(', ');
  const lines = [`connections from inside attributed: ${shares}`];
  if (holders === 0) lines.push('no container inventory: each inside address stands for itself');
  return lines;
}
