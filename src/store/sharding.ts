import { textLiteral } from './literal.js';
import type { EVENT_TABLES } from './schema.js';
import type { Shards, Store } from './store.js';

/** Spread tables whose rows are no events: they have no `event_uid`. */
const NO_EVENTS = ['dead_letter', 'stored'] as const;

/**
 * By what the rows of a table are spread over the shards of a cluster: by what a row itself knows, its node and its container or address.
 * All of it is in `event_uid`, so that a row that is told twice lies beside its twin and collapses with it.
 */
const SPREAD_BY: Record<(typeof EVENT_TABLES)[number] | (typeof NO_EVENTS)[number], string> = {
  network_activity: 'node, src_endpoint_ip',
  http_activity: 'node, src_endpoint_ip',
  dns_activity: 'node, src_endpoint_ip',
  ftp_activity: 'node, src_endpoint_ip',
  process_activity: 'node, container_uid',
  file_activity: 'node, container_uid',
  api_activity: 'node, resource_uid',
  repository_activity: 'node, host, repository',
  monotonic_activity: 'node, file',
  container_inventory: 'node, container_uid',
  network_inventory: 'node, network_uid',
  cgroup_inventory: 'node, cgroup_id',
  dead_letter: 'load_id, line',
  stored: 'load_id',
};

export const isSpread = (table: string): table is keyof typeof SPREAD_BY => Object.hasOwn(SPREAD_BY, table);

/** A shard's own rows of a table that is spread. */
export const localPart = (table: string): string => `${table}_local`;

/** A table over all shards, where it is spread: for inserts, and for questions that each shard answers by its own rows. */
export const wholeTable = ({ shards }: Store, table: string): string =>
  shards !== null && isSpread(table) ? allParts(table) : table;

/** A table over all shards. Whoever asks it asks each shard, which knows nothing but its own rows. */
export const allParts = (table: string): string => `${table}_sharded`;

/** Runs a statement on the table or, where it is spread, on each shard's part of it: there, it may read nothing that is not spread. */
export async function tend(
  store: Store,
  table: string,
  statement: (part: string) => { sql: string; parameters?: Record<string, unknown> },
): Promise<void> {
  const isWhole = store.shards === null || !isSpread(table);
  const { sql, parameters } = statement(isWhole ? table : localPart(table));
  for (const node of isWhole ? [store] : store.shards!.nodes) await node.run(sql, parameters);
}

/**
 * The statements that one of schema/ becomes on each node of a cluster, in their order. A table that is spread is read by a view of what all
 * shards have: the view keeps whatever is asked of it from being asked of the shards, which have no part in what is derived, and would
 * answer by tables and dictionaries that are empty there.
 */
export function shapeForCluster({ cluster, isReplicated }: Omit<Shards, 'nodes'>): Shape {
  const engine = (statement: string) => (isReplicated ? replicated(statement) : statement);
  return (statement) => {
    // Who takes logs puts views of connections there, once they are counted (detect/open-connections.ts). Who judges has no other's rows to sum.
    if (
      /^CREATE MATERIALIZED VIEW IF NOT EXISTS (?:network_to_open|http_to_open|network_to_sensed) /m.test(
        statement,
      )
    )
      return [];
    const [, altered] = /^ALTER TABLE (\w+)/m.exec(statement) ?? [];
    if (altered !== undefined && isSpread(altered)) return alterParts(statement, altered);
    const [, table] = /^CREATE TABLE IF NOT EXISTS (\w+) \(/m.exec(statement) ?? [];
    if (table === undefined || !isSpread(table)) return [engine(statement)];
    const local = statement.replace(`IF NOT EXISTS ${table} (`, `IF NOT EXISTS ${localPart(table)} (`);
    return [
      engine(local),
      `CREATE TABLE IF NOT EXISTS ${allParts(table)} AS ${localPart(table)} ENGINE = Distributed(${textLiteral(cluster)}, currentDatabase(), ${localPart(table)}, cityHash64(${SPREAD_BY[table]}))`,
      readAll(table),
    ];
  };
}

export type Shape = (statement: string) => string[];

/** Columns are those of all parts; an index, a setting or a time to live is a matter of each. */
function alterParts(statement: string, table: string): string[] {
  const isOfColumns = / COLUMN /.test(statement);
  const parts = [localPart(table), ...(isOfColumns ? [allParts(table)] : [])];
  const altered = parts.map((part) => statement.replace(/^ALTER TABLE \w+/m, `ALTER TABLE ${part}`));
  return isOfColumns ? [...altered, readAll(table)] : altered;
}

const readAll = (table: string): string =>
  `CREATE OR REPLACE VIEW ${table} AS SELECT *${NO_EVENTS.some((name) => name === table) ? '' : ', event_uid'} FROM ${allParts(table)}`;

/** Each shard keeps its tables as often as it has replicas. */
const replicated = (statement: string): string =>
  statement.replace(
    /\bENGINE = (\w*MergeTree)(?:\(([^)]*)\))?/,
    (_, engine: string, parameters = '') =>
      `ENGINE = Replicated${engine}('/clickhouse/tables/{shard}/{database}/{table}', '{replica}'${parameters && `, ${parameters}`})`,
  );
