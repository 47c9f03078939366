import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { type AddressInfo, BlockList, isIP } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import type { InputStatus } from '../collect/intake.js';
import type { Tuning } from '../live/tuning.js';
import type { Explorations } from '../model/explore.js';
import type { Findings, Investigations, Journal, LiveStatus } from '../model/live.js';
import type { Allowances } from '../model/live-allowances.js';
import type { TestAttacks } from '../model/test-attacks.js';
import type { Outbox } from '../notify/outbox.js';
import type { Responder } from '../respond/responder.js';
import { buildApp } from './app.js';
import type { AuditLog } from './audit-log.js';
import type { Catalogue } from './catalogue.js';
import type { ConsoleFiles } from './console.js';
import type { Limits } from './limits.js';
import type { Logger } from './log.js';
import type { SourceNames } from './source-names.js';
import type { TokenStore } from './tokens.js';

export interface ServerOptions {
  /** host:port; an IPv6 address in brackets; port 0 for any that is free. */
  listen: string;
  tls?: { certFile: string; keyFile: string };
  /** Without it, only a loopback address is listened on in the clear. */
  insecure?: boolean;
  journal: Journal;
  findings: Findings;
  outbox: Pick<Outbox, 'status' | 'failed' | 'retry'>;
  investigations: Investigations;
  explorations: Explorations;
  allowances: Allowances;
  tuning: Pick<Tuning, 'parameters' | 'backtest'>;
  catalogue: Catalogue;
  responder: Responder;
  testAttacks: TestAttacks;
  status: () => LiveStatus;
  /** Where lines come from beside HTTP. */
  inputs?: () => InputStatus[];
  tokens: TokenStore;
  audit: AuditLog;
  limits: Limits;
  /** `open`: metrics are given without a token. */
  metrics?: 'token' | 'open';
  names: SourceNames;
  /** What comes are recordings, and whoever looks is to know it. */
  isDemo?: boolean;
  /** Why one of several processes has no answers about findings now, or takes no logs; null when it has and does. */
  away?: () => string | null;
  takesNoLogs?: string | null;
  /** Files of the console; without them it says that it was not built. */
  console?: ConsoleFiles;
  log: Logger;
  now?: () => Date;
}

/** How this host reaches the server, and the certificate that it shows there, PEM. */
export interface LocalWay {
  url: string;
  certificate?: string;
}

export interface RunningServer {
  /** The address that is listened on, which may be all of this host's. */
  url: string;
  local: LocalWay;
  /** Takes no more requests, lets those that run end, and closes. */
  close(): Promise<void>;
}

/** An address that must not or cannot be listened on; the message says what to do. */
export class ListenError extends Error {
  override name = 'ListenError';
}

/** How long requests may still run when the server is told to end. */
const CLOSE_MS = 10_000;
const LOOK_MS = 50;
/** How often slow clients are looked for. */
const CHECK_MS = 1000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Longer than producers pause: one that sends again just then would find a closed connection. */
const KEEP_ALIVE_MS = 65_000;

/** @throws ListenError; also when certificate or key cannot be read */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port } = parseListen(options.listen);
  if (!isLoopback(host) && !options.tls && options.insecure !== true)
    throw new ListenError(
      `${options.listen} can be reached from other machines, and tokens and logs would be sent in the clear: give serve.tls a certificate, or set serve.insecure: true where something in front does`,
    );
  const { app, endStreams } = buildApp(options);
  const secured = options.tls && (await readTls(options.tls));
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    ...transport(options.limits, secured),
  } as Parameters<typeof createAdaptorServer>[0]);
  bound(server, options.limits);
  const running = countRequests(server);
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const urlOf = (host: string) =>
    `${secured ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  const url = urlOf(address.address);
  options.log.info({ url }, 'listening');
  const local = {
    url: urlOf(WILDCARDS[address.address] ?? address.address),
    ...(secured && { certificate: new X509Certificate(secured.cert).toString() }),
  };
  return { url, local, close: () => close(server, running, endStreams) };
}

/** All addresses of this host; nobody connects to these themselves. */
const WILDCARDS: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

interface Secured {
  cert: Buffer;
  key: Buffer;
}

async function readTls({ certFile, keyFile }: NonNullable<ServerOptions['tls']>): Promise<Secured> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  return { cert, key };
}

/** Options of node's servers, which are the same with TLS and without. */
function transport(limits: Limits, secured: Secured | undefined): object {
  const serverOptions = {
    headersTimeout: limits.headerTimeoutSeconds * 1000,
    requestTimeout: limits.requestTimeoutSeconds * 1000,
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  if (!secured) return { serverOptions };
  return { createServer, serverOptions: { ...serverOptions, ...secured, minVersion: 'TLSv1.2' } };
}

function bound(server: ServerType, limits: Limits): void {
  if (!('maxConnections' in server || 'headersTimeout' in server)) return;
  server.maxConnections = limits.connections;
  // A client that stops reading its answer, or says nothing at all, is let go; a stream is kept awake by its heartbeat.
  server.setTimeout(limits.requestTimeoutSeconds * 2000);
}

function listen(server: ServerType, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'is in use: end what listens there, or set serve.listen'
          : cause.message;
      reject(new ListenError(`${host}:${port} ${why}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}

/** Counts the requests that run: connections may be closed once there are none. */
function countRequests(server: ServerType): () => number {
  let running = 0;
  server.on('request', (_request, response) => {
    running += 1;
    response.once('close', () => {
      running -= 1;
    });
  });
  return () => running;
}

async function close(server: ServerType, running: () => number, endStreams: () => void): Promise<void> {
  endStreams();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if (!('closeAllConnections' in server)) return closed;
  const since = performance.now();
  // Clients may hold connections open on which nothing is asked.
  const look = setInterval(() => {
    if (running() === 0 || performance.now() - since > CLOSE_MS) server.closeAllConnections();
  }, LOOK_MS);
  await closed;
  clearInterval(look);
}

function parseListen(listen: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new ListenError(`${listen}: write host:port, such as 127.0.0.1:8470 or [::1]:8470`);
  return { host: match[1] ?? match[2]!, port };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) > 0 && LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
