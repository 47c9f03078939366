import { allParts, localPart } from '../store/sharding.js';
import type { Store } from '../store/store.js';
import { insertConnections, joinedViews, SMALL_BLOCKS } from './connections.js';
import { ROLL_UPS, rollUpPart } from './roll-ups.js';
import { insertNatAliases, type Shape, shapeOf, type ViewTables } from './views.js';

/** Views of connections that may still grow. */
export const OPEN: ViewTables = {
  network: 'network_open',
  http: 'http_open',
  marks: ', event_uid AS uid, arrived AS arrived',
};

/**
 * Works out anew, and only, what is open: connections whose views may still come, and their parts of the roll-ups. What was
 * sealed stays; a question that reads both with FINAL sees what a hunt over all the events would see.
 */
export async function deriveOpenConnections(store: Store): Promise<void> {
  await Promise.all(
    ['nat_alias', ...ROLL_UPS].map((table) => store.run(`ALTER TABLE ${table} DROP PARTITION 1`)),
  );
  await addConnections(store, OPEN, { isOpen: 1 });
}

/** How many views are open. */
export async function countOpen(store: Store): Promise<number> {
  const [row] = await store.rows<{ views: number }>(
    `SELECT (SELECT count() FROM ${OPEN.network}) + (SELECT count() FROM ${OPEN.http}) AS views`,
  );
  return row!.views;
}

/** `token` names what is added: the same added again adds nothing. */
export async function addConnections(
  store: Store,
  tables: ViewTables,
  { isOpen, token }: { isOpen: 0 | 1; token?: string },
): Promise<void> {
  const settings = (part: string | number) => ({
    ...SMALL_BLOCKS,
    ...(token && { insert_deduplication_token: `${token} ${part}` }),
  });
  const shape = await shapeWithAliases(store, tables);
  if (shape.is_translated) await store.run(insertNatAliases(tables, isOpen), {}, settings('aliases'));
  await store.run('TRUNCATE TABLE connection_fresh');
  const views = joinedViews(shape, tables);
  await store.run(insertConnections('connection_fresh', views, tables, isOpen), {}, SMALL_BLOCKS);
  if (isOpen) await replaceOpen(store);
  else await store.run('INSERT INTO connection SELECT * FROM connection_fresh', {}, settings('connections'));
  const parts = rollUpPart({ connections: 'connection_fresh', egress: 'egress_fresh', isOpen });
  await Promise.all(parts.map(({ statement }, index) => store.run(statement, {}, settings(index))));
}

/** At once: who asks meanwhile must not read that nobody talks. */
async function replaceOpen(store: Store): Promise<void> {
  const [fresh] = await store.rows<{ any: number }>('SELECT count() > 0 AS any FROM connection_fresh');
  await store.run(
    fresh!.any
      ? 'ALTER TABLE connection REPLACE PARTITION 1 FROM connection_fresh'
      : 'ALTER TABLE connection DROP PARTITION 1',
  );
}

/** A view behind NAT may come after the one that told both tuples was sealed. */
export async function shapeWithAliases(store: Store, tables: ViewTables): Promise<Shape> {
  const [shape, [known]] = await Promise.all([
    shapeOf(store, tables),
    store.rows<{ aliases: number }>('SELECT count() > 0 AS aliases FROM nat_alias'),
  ]);
  return { ...shape, is_translated: shape.is_translated || known!.aliases };
}

/**
 * A view that is told again after its connection was sealed must not make another one. The archive still holds both when this is asked
 * (account.ts); rows of loads that were never noted do not count, since a crash may have kept them from what is open.
 */
export async function leaveOutTwins(store: Store, loadIds: number[]): Promise<void> {
  for (const part of ['network', 'http']) {
    const came = `FROM ${part}_open WHERE load_id IN {ids:Array(UInt32)}`;
    // Twins are told of one time, and the parts of a day that hold another are not read.
    const twins = `
SELECT event_uid FROM ${part}_activity
WHERE time BETWEEN (SELECT min(time) ${came}) AND (SELECT max(time) ${came}) AND (src_endpoint_ip, dst_endpoint_ip) IN (SELECT src_endpoint_ip, dst_endpoint_ip ${came}) AND event_uid IN (SELECT event_uid ${came})
  AND load_id NOT IN {ids:Array(UInt32)} AND load_id IN (SELECT load_id FROM load)`;
    const [known] = await store.rows<{ twins: number }>(`SELECT count() AS twins FROM (${twins})`, {
      ids: loadIds,
    });
    if (known!.twins > 0) await store.run(`DELETE ${came} AND event_uid IN (${twins})`, { ids: loadIds });
  }
}

/**
 * In a cluster, views of connections come among what is open here, when they were counted, and without those that are told again: the process
 * that works out what is open is another one, and must not see what is not whole. Each shard finds the twins among its own rows,
 * since twins lie together. What a crash left among what is open without noting it comes again, and is the same view of the same session.
 */
export async function addToOpen(store: Store, loadIds: number[]): Promise<void> {
  for (const part of ['network', 'http']) {
    const [all, local] = [allParts(`${part}_activity`), localPart(`${part}_activity`)];
    const came = `FROM ${local} WHERE load_id IN {ids:Array(UInt32)}`;
    const alike = `(src_endpoint_ip, dst_endpoint_ip) IN (SELECT src_endpoint_ip, dst_endpoint_ip ${came}) AND event_uid IN (SELECT event_uid ${came})`;
    const before = await store.rows<{ load_id: number }>(
      `SELECT DISTINCT load_id FROM ${all} WHERE ${alike} AND load_id NOT IN {ids:Array(UInt32)}`,
      { ids: loadIds },
    );
    const noted = await store.rows<{ load_id: number }>(
      'SELECT DISTINCT load_id FROM load WHERE load_id IN {before:Array(UInt32)}',
      { before: before.map(({ load_id }) => load_id) },
    );
    await store.run(
      `INSERT INTO ${part}_open (* EXCEPT (arrived)) SELECT * FROM ${all} WHERE load_id IN {ids:Array(UInt32)}
       AND event_uid NOT IN (SELECT event_uid FROM ${local} WHERE ${alike} AND load_id IN {noted:Array(UInt32)})`,
      { ids: loadIds, noted: noted.map(({ load_id }) => load_id) },
    );
  }
}
