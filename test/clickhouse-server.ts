import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDoor } from './door.js';
import { root } from './recorded.js';

/** A real ClickHouse server on this machine, from the library in the npm package. Needs python3. */
export interface ClickHouseServer extends AsyncDisposable {
  url: string;
  /** Gone at once, as if its machine had lost power. */
  kill(): Promise<void>;
  /** There again: the same address, the same data. */
  start(): Promise<void>;
}

/**
 * Why no server can be started here, or null.
 *
 * @throws when that would hide the test in CI, where a skip must not pass for a success.
 */
export function whyNoServer(): string | null {
  const reason = missing();
  if (reason && process.env.CI) throw new Error(`no ClickHouse server for tests, in CI: ${reason}`);
  return reason;
}

function missing(): string | null {
  if (spawnSync('python3', ['-c', 'import ctypes']).status !== 0) return 'python3 with ctypes is not here';
  return findLibrary() === null ? 'the library of the npm package chdb is not here' : null;
}

function findLibrary(): string | null {
  const from = createRequire(createRequire(import.meta.url).resolve('chdb'));
  const libc = process.platform === 'linux' ? '-gnu' : '';
  try {
    return from.resolve(`@chdb/lib-${process.platform}-${process.arch}${libc}/libchdb.so`);
  } catch {
    return null;
  }
}

/**
 * Its backups lie in `backups` beside its data.
 *
 * @param further XML of its configuration
 */
export async function startServer(further = ''): Promise<ClickHouseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-server-'));
  const port = await freePort();
  const config = join(folder, 'config.xml');
  const data = join(folder, 'data');
  await mkdir(data);
  await writeFile(
    config,
    `<clickhouse><listen_host>127.0.0.1</listen_host><http_port>${port}</http_port><logger><level>none</level></logger><backups><allowed_path>${join(folder, 'backups')}</allowed_path></backups>${further}</clickhouse>`,
  );
  const url = `http://127.0.0.1:${port}`;
  const program = [join(root, 'test', 'clickhouse_server.py'), findLibrary()!, config, data];
  let server: ChildProcess;
  const start = async () => {
    server = spawn('python3', program, { stdio: ['ignore', 'ignore', 'pipe'] });
    await answering(server, url);
  };
  const dispose = async () => {
    await kill(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { url, start, kill: () => kill(server), [Symbol.asyncDispose]: dispose };
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

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as { port: number };
  await new Promise((closed) => probe.close(closed));
  return port;
}

async function answering(server: ChildProcess, url: string): Promise<void> {
  let said = '';
  server.stderr!.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null) break;
    const answer = await fetch(`${url}/ping`).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`the ClickHouse server does not answer: ${said}`);
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}
