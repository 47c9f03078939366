import type { EventQuery } from '../../model/event-query/parse.js';
import type { AskedGraph, ServiceGraph } from '../../model/explore.js';
import type { Store } from '../../store/store.js';
import { iso } from '../look.js';
import { type Bound, bindQuery } from './conditions.js';
import { edgesAmong, type SeenEdge } from './graph-nodes.js';

/** Edges that are read; the unusual ones and those that carried most come first. */
const MOST_EDGES = 5000;
/** Sent in an hour, against the most it ever sent in one before. */
const LOUD_FACTOR = 3;
const LOUD_LEAST_BYTES = 1_000_000;

/** Who inside talked to whom, and what of it is new or loud against all that is kept. */
export async function readGraph(
  store: Store,
  query: EventQuery,
  edges: NonNullable<AskedGraph['edges']>,
): Promise<ServiceGraph> {
  const bound = bindQuery(query);
  const [seen, [history], holders] = await Promise.all([
    store.rows<SeenEdge & Totals>(graphSql(bound, edges), bound.parameters),
    store.rows<{ from: string; any: number }>(
      `SELECT ${iso('toDateTime64(min(first_minute), 6)')} AS from, count() AS any FROM egress_hour`,
    ),
    store.rows<{ entity: string; findings: number }>(
      `SELECT concat(entity_kind, ':', entity_name) AS entity, count() AS findings FROM finding WHERE state = 'open' AND status = 'open' GROUP BY entity`,
    ),
  ]);
  const findings = new Map(holders.map((one) => [one.entity, one.findings]));
  return {
    from: new Date(query.from).toISOString(),
    to: new Date(query.to).toISOString(),
    ...edgesAmong(seen, findings),
    edges_total: seen[0]?.edges_total ?? 0,
    unusual_total: seen[0]?.unusual_total ?? 0,
    history_from: history!.any > 0 ? history!.from : null,
  };
}

type Totals = Pick<ServiceGraph, 'edges_total' | 'unusual_total'>;

/** Whom an edge leads to: a known entity, else the peer. Entities inside are known by what they were told to be, since addresses change hands. */
const graphSql = ({ from, where }: Bound, edges: 'unusual' | 'all'): string => `
WITH
  seen AS (
    SELECT entity, peer, dst_entity, max(is_dst_inside) AS is_inside, sum(c.connections) AS connections, sum(c.bytes_out) AS bytes_out, sum(c.bytes_in) AS bytes_in,
      groupUniqArray(5)(dst_port) AS ports, groupUniqArrayIf(5)(app, app != '') AS apps, min(c.time) AS first, max(c.time) AS last
    FROM ${from} AS c WHERE (${where}) AND entity != '' GROUP BY entity, peer, dst_entity
  ),
  habits AS (
    SELECT entity_id, peer, min(met) AS met, maxIf(sent, hour < toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))) AS before, maxIf(sent, hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))) AS now
    FROM (
      SELECT entity_id, peer, hour, min(first_minute) AS met, sum(e.bytes_out) AS sent FROM egress_hour AS e
      WHERE role = 'initiator' AND entity_id IN (SELECT entity FROM seen) GROUP BY entity_id, peer, hour
    ) GROUP BY entity_id, peer
  ),
  neighbours AS (
    SELECT if(how = 'push', source_id, entity_id) AS client, if(how = 'push', entity_id, source_id) AS server, min(first_time) AS met
    FROM inflow_hour GROUP BY client, server
  ),
  edges AS (
    SELECT s.entity AS entity, s.dst_entity AS dst_entity, if(s.dst_entity = '', s.peer, '') AS destination, max(s.is_inside) AS is_inside,
      sum(s.connections) AS connections, sum(s.bytes_out) AS bytes_out, sum(s.bytes_in) AS bytes_in,
      arraySlice(groupUniqArrayArray(s.ports), 1, 5) AS ports, arraySlice(groupUniqArrayArray(s.apps), 1, 5) AS apps,
      min(multiIf(s.dst_entity = '' AND h.met > 0, least(s.first, toDateTime64(h.met, 6, 'UTC')), s.dst_entity != '' AND n.met > 0, least(s.first, n.met), s.first)) AS first,
      max(s.last) AS last, max(h.before) AS before, max(h.now) AS now
    FROM seen AS s
    LEFT JOIN habits AS h ON h.entity_id = s.entity AND h.peer = s.peer
    LEFT JOIN neighbours AS n ON n.client = s.entity AND n.server = s.dst_entity
    GROUP BY s.entity, s.dst_entity, destination
  )
SELECT entity, dst_entity, destination, is_inside, connections, bytes_out, bytes_in, arraySort(ports) AS ports, arraySort(apps) AS apps, ${iso('first')} AS first, ${iso('last')} AS last,
  is_new, is_loud, cutToFirstSignificantSubdomain(destination) AS domain, edges_total, unusual_total
FROM (
  SELECT *, e.first >= fromUnixTimestamp64Milli({from:Int64}) AS is_new, before > 0 AND now >= ${LOUD_LEAST_BYTES} AND now > ${LOUD_FACTOR} * before AS is_loud,
    count() OVER () AS edges_total, countIf(is_new OR is_loud) OVER () AS unusual_total
  FROM edges AS e
)
${edges === 'unusual' ? 'WHERE is_new OR is_loud' : ''} ORDER BY is_new OR is_loud DESC, bytes_out DESC, entity, dst_entity, destination LIMIT ${MOST_EDGES}`;
