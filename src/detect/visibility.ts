import type { Source } from '../model/source.js';
import type { Analytic, Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';

/** What a strategy cannot see on this input: by analytic, and by the assumptions that do not hold. */
export interface Visibility {
  strategy: string;
  blindAnalytics: { id: string; role: Analytic['role']; reason: string }[];
  probes: { id: string; effect: 'degraded' | 'blind'; reason: string }[];
}

interface ProbeRow {
  ok: number;
  reason: string;
}

/** A need is met by rows; these are the rows that stand for a table or one of its columns. `sizing` are the sources that count requests' bodies, `commanding` those of API events that hold commands. */
const NEEDS: Record<string, string> = {
  egress: 'SELECT count() FROM egress',
  'egress.bytes_out': 'SELECT count() FROM connection WHERE has_bytes',
  connection: 'SELECT count() FROM connection',
  'connection.bytes_out': 'SELECT count() FROM connection WHERE has_bytes',
  'connection.tls_client': "SELECT count() FROM connection WHERE ja3 != '' OR ja4 != ''",
  http_activity: 'SELECT count() FROM http_activity',
  'http_activity.request_body_bytes':
    'SELECT count() FROM http_activity WHERE request_body_bytes > 0 OR source IN {sizing:Array(String)}',
  dns_activity: 'SELECT count() FROM dns_activity',
  // Commands of no container are judged by nobody.
  command:
    "SELECT (SELECT count() FROM process_activity WHERE container_uid NOT IN ('', 'host') OR container_name != '' OR pod != '') + (SELECT count() FROM api_activity WHERE source IN {commanding:Array(String)}) + (SELECT count() FROM container_inventory)",
  api_activity: 'SELECT count() FROM api_activity',
  container_inventory: 'SELECT count() FROM container_inventory',
  'file_activity.read': "SELECT count() FROM file_activity WHERE activity = 'read'",
  repository_activity: 'SELECT count() FROM repository_activity',
  threat_indicator: 'SELECT count() FROM threat_indicator',
  inflow_hour: 'SELECT count() FROM connection WHERE has_bytes',
  file_activity: "SELECT count() FROM file_activity WHERE activity IN ('write', 'open_write')",
};

const MISSING: Record<string, { what: string; tables: string[] }> = {
  egress: { what: 'no network connections', tables: ['network_activity'] },
  'egress.bytes_out': { what: 'no byte counters', tables: ['network_activity.traffic_bytes_out'] },
  connection: { what: 'no network connections', tables: ['network_activity'] },
  'connection.bytes_out': { what: 'no byte counters', tables: ['network_activity.traffic_bytes_out'] },
  'connection.tls_client': {
    what: 'no fingerprints of TLS clients',
    tables: ['network_activity.ja3_hash', 'network_activity.ja4'],
  },
  http_activity: { what: 'no HTTP logs', tables: ['http_activity'] },
  'http_activity.request_body_bytes': {
    what: 'no sizes of HTTP requests',
    tables: ['http_activity.request_body_bytes'],
  },
  dns_activity: { what: 'no DNS logs', tables: ['dns_activity'] },
  command: {
    what: 'no commands: neither processes nor engine or API events',
    tables: ['process_activity', 'api_activity.cmd_line'],
  },
  api_activity: { what: 'no engine or API-server events', tables: ['api_activity'] },
  'file_activity.read': { what: 'no reads of credential files', tables: ['file_activity'] },
  repository_activity: { what: 'no code-host or registry logs', tables: ['repository_activity'] },
  container_inventory: { what: 'no container inventory', tables: ['container_inventory'] },
  inflow_hour: { what: 'no byte counters', tables: ['network_activity.traffic_bytes_out'] },
  file_activity: {
    what: 'no files opened for writing',
    tables: ['file_activity', 'file_activity.bytes_written'],
  },
  threat_indicator: { what: 'no threat-intelligence list (name one in stowaway.yaml)', tables: [] },
};

class UnknownNeedError extends Error {
  override name = 'UnknownNeedError';
}

/** The needs an analytic may name. */
export const KNOWN_NEEDS: readonly string[] = Object.keys(NEEDS);

/** Asks what the data can answer at all, before anybody reads silence as innocence. */
export async function examineVisibility(
  store: Store,
  strategies: Strategy[],
  sources: Source[],
): Promise<Visibility[]> {
  const asked = new Map<string, Promise<ProbeRow[]>>();
  const needs = strategies.flatMap((strategy) => strategy.analytics.flatMap((analytic) => analytic.needs));
  const met = await needsMet(store, [...new Set(needs)], sources);
  return Promise.all(strategies.map((strategy) => examine(store, strategy, met, sources, asked)));
}

export async function needsMet(
  store: Store,
  needs: string[],
  sources: Source[],
): Promise<Map<string, boolean>> {
  const unknown = needs.find((need) => !Object.hasOwn(NEEDS, need));
  if (unknown !== undefined)
    throw new UnknownNeedError(`an analytic needs "${unknown}"; known needs are ${KNOWN_NEEDS.join(', ')}`);
  const counts = needs.map((need) => `(${NEEDS[need]})`).join(', ');
  const filling = (word: string) => sources.filter(({ fills }) => fills.includes(word)).map(({ id }) => id);
  const [row] = await store.rows<{ counts: number[] }>(`SELECT [${counts}] AS counts`, {
    sizing: filling('http_activity.request_body_bytes'),
    commanding: filling('api_activity.cmd_line'),
  });
  return new Map(needs.map((need, index) => [need, row!.counts[index]! > 0]));
}

async function examine(
  store: Store,
  strategy: Strategy,
  met: Map<string, boolean>,
  sources: Source[],
  asked: Map<string, Promise<ProbeRow[]>>,
): Promise<Visibility> {
  const blindAnalytics = strategy.analytics.flatMap((analytic) => {
    const unmet = analytic.needs.filter((need) => !met.get(need));
    // A table that is not there explains its columns.
    const missing = unmet.filter((need) => !need.includes('.') || !unmet.includes(need.split('.')[0]!));
    if (missing.length === 0) return [];
    return [
      {
        id: analytic.id,
        role: analytic.role,
        reason: [...new Set(missing.map((need) => explain(need, sources)))].join('; '),
      },
    ];
  });
  const probes = await Promise.all(strategy.probes.map((probe) => ask(store, probe, asked)));
  return { strategy: strategy.id, blindAnalytics, probes: probes.filter((probe) => probe !== null) };
}

async function ask(
  store: Store,
  probe: Strategy['probes'][number],
  asked: Map<string, Promise<ProbeRow[]>>,
): Promise<Visibility['probes'][number] | null> {
  try {
    const answer = asked.get(probe.sql) ?? store.rows<ProbeRow>(probe.sql);
    asked.set(probe.sql, answer);
    const row = (await answer)[0];
    if (row?.ok === 1) return null;
    return { id: probe.id, effect: probe.whenNotOk, reason: row?.reason ?? 'the probe returned no row' };
  } catch (error) {
    return {
      id: probe.id,
      effect: 'degraded',
      reason: `probe ${probe.id} failed: ${(error as Error).message.split('\n')[0]}`,
    };
  }
}

function explain(need: string, sources: Source[]): string {
  const missing = MISSING[need]!;
  const able = sources.filter((source) => missing.tables.some((table) => source.fills.includes(table)));
  // One of each product is enough to say what to connect; what tells most besides comes first.
  const feeding = able
    .filter((source, index) => able.findIndex((other) => other.product === source.product) === index)
    .sort((one, other) => breadth(other, sources) - breadth(one, sources) || one.id.localeCompare(other.id))
    .map((source) => source.id);
  return feeding.length === 0
    ? missing.what
    : `${missing.what} (would come from ${feeding.slice(0, 4).join(', ')})`;
}

/** How many tables a source's product fills; half of it where no such log was run on what the product wrote. */
function breadth({ product }: Source, sources: Source[]): number {
  const own = sources.filter((source) => source.product === product && source.into !== 'nothing');
  const isProven = own.some(({ status }) => status !== 'designed');
  return new Set(own.map(({ into }) => into)).size * (isProven ? 1 : 0.5);
}

/** Tables that meet a need as well, though nobody would connect their sources for it first. */
const ALSO: Record<string, string[]> = { command: ['monotonic_activity', 'container_inventory'] };

/** The tables that stand behind a need, as a source's `fills` names them. */
export const tablesBehind = (need: string): readonly string[] => [
  ...(MISSING[need]?.tables ?? []),
  ...(ALSO[need] ?? []),
];
