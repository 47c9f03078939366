import {
  type ClickHouseServer,
  freePort,
  missingForServer,
  startServer,
} from '../bench/clickhouse-server.mjs';
import { openDoor } from './door.js';

export { type ClickHouseServer, startServer };

/**
 * Why no server can be started here, or null.
 *
 * @throws when that would hide the test in CI, where a skip must not pass for a success.
 */
export function whyNoServer(): string | null {
  const reason = missingForServer();
  if (reason && process.env.CI) throw new Error(`no ClickHouse server for tests, in CI: ${reason}`);
  return reason;
}

/** As servers of a cluster know it. */
export const CLUSTER = 'two_shards';

/** A real cluster: each node is a shard of its own. */
export async function startCluster(): Promise<ClickHouseServer[]> {
  const ports = [await freePort(), await freePort()];
  const doors = await Promise.all(ports.map(openDoor));
  const nodes: ClickHouseServer[] = [];
  try {
    for (const [index, port] of ports.entries())
      nodes.push(await startNode(index + 1, port, ports.with(1 - index, doors[1 - index]!.port)));
  } catch (error) {
    for (const one of [...nodes, ...doors]) await one[Symbol.asyncDispose]();
    throw error;
  }
  return nodes.map((node, index) => ({
    ...node,
    async [Symbol.asyncDispose]() {
      await doors[index]![Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  }));
}

/** @param shards the ports by which this node reaches all of them */
function startNode(shard: number, port: number, shards: number[]): Promise<ClickHouseServer> {
  const replicas = shards.map(
    (reached) => `<shard><replica><host>127.0.0.1</host><port>${reached}</port></replica></shard>`,
  );
  return startServer(
    `<tcp_port>${port}</tcp_port><macros><shard>${shard}</shard><replica>1</replica></macros><remote_servers><${CLUSTER}>${replicas.join('')}</${CLUSTER}></remote_servers>`,
  );
}
