// A real ClickHouse server on this machine, out of the library that npm brought: for tests, and for hurting `serve`. Needs python3.
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('clickhouse_server.py', import.meta.url));

/** Why no server can be started here, or null. */
export function missingForServer() {
  if (spawnSync('python3', ['-c', 'import ctypes']).status !== 0) return 'python3 with ctypes is not here';
  return findLibrary() === null ? 'the library of the npm package chdb is not here' : null;
}

function findLibrary() {
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
export async function startServer(further = '') {
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
  const program = [PROGRAM, findLibrary(), config, data];
  let server;
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

export async function freePort() {
  const probe = createServer();
  await new Promise((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

async function answering(server, url) {
  let said = '';
  server.stderr.on('data', (chunk) => {
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

async function kill(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}
