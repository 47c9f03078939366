import { join } from 'node:path';
import { contentFolder } from '../model/paths.js';
import { applySchema, SchemaError, TIMED_TABLES } from '../store/schema.js';
import { shapeForServe } from '../store/shape-for-serve.js';
import { isSpread, localPart, type Shape, shapeForCluster } from '../store/sharding.js';
import { openStore, type Store, type StoreLocation } from '../store/store.js';

/** Days that rows are kept. */
export interface Retention {
  events: number;
  /** Connections, joined and attributed; what is usual is kept in roll-ups. */
  connections: number;
  roll_ups: number;
}

const DEFAULT_RETENTION: Retention = { events: 30, connections: 7, roll_ups: 400 };

/** Opens the store of a server, makes it where there is none, and lets go of what is older than it is to be kept. */
export async function openLiveStore(location: StoreLocation, retention = DEFAULT_RETENTION): Promise<Store> {
  const store = await openStore('path' in location ? { ...location, hasBackups: true } : location);
  try {
    await checkNodes(store);
    await applyLiveSchema(store);
    await keepFor(store, retention);
    if (store.shards === null) await leaveUnfinishedLoads(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws SchemaError where the nodes that were named are not those of the cluster, or the first is not of its first shard. */
async function checkNodes({ shards }: Store): Promise<void> {
  if (shards === null) return;
  for (const [index, node] of shards.nodes.entries()) {
    const known = await node.rows<{ shard_num: number; is_local: number }>(
      'SELECT shard_num, is_local FROM system.clusters WHERE cluster = {cluster:String}',
      { cluster: shards.cluster },
    );
    const own = known.find(({ is_local }) => is_local === 1)?.shard_num;
    if (own === undefined)
      throw new SchemaError(
        `node ${index + 1} is not in a cluster ${shards.cluster}: name it in serve.cluster as remote_servers of the server does`,
      );
    if (known.length !== shards.nodes.length)
      throw new SchemaError(
        `the cluster ${shards.cluster} has ${known.length} nodes, and ${shards.nodes.length} are named: list every one but that of --url in serve.cluster.nodes`,
      );
    // What is derived, findings and the lease are there, and nowhere else.
    if (index === 0 && own !== 1)
      throw new SchemaError(
        `--url is a node of shard ${own} of ${shards.cluster}: give one of shard 1, the same for all processes`,
      );
  }
}

/** Node by node: statements for a whole cluster take a Keeper. */
async function applyLiveSchema(store: Store): Promise<void> {
  const folder = contentFolder('schema');
  const spread: Shape = store.shards === null ? (statement) => [statement] : shapeForCluster(store.shards);
  for (const node of store.shards?.nodes ?? [store])
    await applySchema(node, folder, {
      shape: (statement) => shapeForServe(statement).flatMap(spread),
      further: { folder: join(folder, 'live'), shape: spread },
    });
}

const EXPIRIES: { tables: readonly string[]; what: keyof Retention; ttl: (days: number) => string }[] = [
  { tables: TIMED_TABLES, what: 'events', ttl: (days) => `toDateTime(time) + INTERVAL ${days} DAY` },
  { tables: ['load', 'dead_letter'], what: 'events', ttl: (days) => `at + INTERVAL ${days} DAY` },
  {
    tables: ['connection'],
    what: 'connections',
    ttl: (days) => `toDateTime(end_time) + INTERVAL ${days} DAY`,
  },
  {
    tables: ['nat_alias'],
    what: 'connections',
    ttl: (days) => `toDateTime(valid_to) + INTERVAL ${days} DAY`,
  },
  { tables: ['sensed_source'], what: 'events', ttl: (days) => `hour + INTERVAL ${days} DAY` },
  { tables: ['contact_minute'], what: 'events', ttl: (days) => `minute + INTERVAL ${days} DAY` },
  { tables: ['egress_hour', 'inflow_hour'], what: 'roll_ups', ttl: (days) => `hour + INTERVAL ${days} DAY` },
  { tables: ['egress_pair'], what: 'roll_ups', ttl: (days) => `last_minute + INTERVAL ${days} DAY` },
  { tables: ['egress_window'], what: 'roll_ups', ttl: (days) => `toDateTime(bucket) + INTERVAL ${days} DAY` },
];

/** What is old goes when parts are merged; changing a number rewrites nothing at once. */
async function keepFor(store: Store, retention: Retention): Promise<void> {
  const nameOf = (table: string) => (store.shards !== null && isSpread(table) ? localPart(table) : table);
  for (const node of store.shards?.nodes ?? [store])
    for (const { tables, what, ttl } of EXPIRIES)
      for (const table of tables)
        await node.run(
          `ALTER TABLE ${nameOf(table)} MODIFY TTL ${ttl(retention[what])}`,
          {},
          { materialize_ttl_after_modify: 0 },
        );
}

/** A load that a crash cut short left rows under a number that nothing accounts for: that number is not used again. */
async function leaveUnfinishedLoads(store: Store): Promise<void> {
  const [last] = await store.rows<{ id: number }>('SELECT max(load_id) AS id FROM load');
  if (last!.id === 0) return;
  const nothing = { content_hash: '', rows_read: 0, rows_stored: 0, rows_rejected: 0, is_baseline: 0 };
  await store.insert('load', [{ load_id: last!.id + 1000, source: '', file: 'restart', ...nothing }]);
}
