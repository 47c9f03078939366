import type { StoreLocation } from '../src/store/store.js';
import { CLUSTER, type ClickHouseServer } from './clickhouse-server.js';

/** A database of its own on each node of a cluster. */
export async function databaseOf(nodes: ClickHouseServer[], name: string): Promise<StoreLocation> {
  for (const { url } of nodes) {
    const made = await fetch(url, { method: 'POST', body: `CREATE DATABASE ${name}` });
    if (!made.ok) throw new Error(await made.text());
  }
  const [first, ...others] = nodes.map(({ url }) => url);
  return { url: first!, database: name, cluster: { name: CLUSTER, others, isReplicated: false } };
}
