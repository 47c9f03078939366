import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { endsWithin } from '../../host/child.js';
import { run } from '../lab/commands.js';
import { Actors, type Traces } from './actors.js';
import { type Actor, type CreateBody, eventOf, inspected } from './inspect.js';
import type { NetworkSpec } from './wires.js';

/** What is asked and is no engine's work that namespaces can do. */
const NO_ENGINE = 'network namespaces play the containers: there is no engine that could do this';

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** What stands for the stars of the route. */
  words: string[];
}

interface Executed {
  container: string;
  argv: string[];
  env: Record<string, string>;
  exitCode: number | null;
}

/** An answer that is not a success. */
class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The part of the engines' API that the lab and the sensors use, answered by network namespaces, on a socket like theirs.
 * Whatever asks stays as it is. Executions are no events here: no engine was asked for them.
 */
export class NamespaceApi {
  readonly #actors: Actors;
  readonly #server: Server;
  readonly #listeners = new Set<ServerResponse>();
  readonly #executed = new Map<string, Executed>();
  #events: string[] = [];
  #image = { id: '', file: '' };
  readonly #networkId = randomBytes(32).toString('hex');

  constructor(
    readonly ledger: Traces,
    host: string,
  ) {
    this.#actors = new Actors(ledger, host, (actor, action, at) => this.#tell(eventOf(actor, action, at)));
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(socket: string): Promise<void> {
    await rm(socket, { force: true });
    await this.#actors.prepare();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socket, resolve);
    });
  }

  /** Containers go on, as under an engine that was stopped. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  readonly #routes: [method: string, path: string, answer: (asked: Asked) => unknown][] = [
    ['GET', '/events', (asked) => this.#follow(asked)],
    ['GET', '/networks', () => this.#networks()],
    [
      'POST',
      '/networks/create',
      async ({ request }) => this.#actors.createNetwork(await readJson<NetworkSpec>(request)),
    ],
    ['POST', '/images/create', (asked) => this.#import(asked)],
    ['GET', '/containers/json', ({ query }) => this.#list(query.get('all') !== null)],
    ['POST', '/containers/create', (asked) => this.#create(asked)],
    ['GET', '/containers/*/json', ({ words }) => this.#inspect(this.#actor(words))],
    ['POST', '/containers/*/start', ({ words }) => this.#actors.start(this.#actor(words).id)],
    [
      'POST',
      '/containers/*/wait',
      async ({ words }) => ({ StatusCode: await this.#actors.wait(this.#actor(words).id) }),
    ],
    ['DELETE', '/containers/*', ({ words }) => this.#actors.remove(this.#actor(words).id)],
    ['POST', '/containers/*/exec', (asked) => this.#prepareExec(asked)],
    ['POST', '/exec/*/start', (asked) => this.#exec(asked)],
    ['GET', '/exec/*/json', ({ words }) => ({ ExitCode: this.#execution(words).exitCode })],
  ];

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lab');
      const path = pathname.replace(/^\/v[\d.]+/, '');
      const [words, answer] = this.#match(request.method ?? 'GET', path);
      const value = await answer({ request, response, query: searchParams, words });
      if (response.headersSent) return;
      response.writeHead(value === undefined ? 204 : 200, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      response.writeHead(error instanceof Refusal ? error.status : 500, {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify({ message: (error as Error).message }));
    }
  }

  #match(method: string, path: string): [string[], (asked: Asked) => unknown] {
    for (const [verb, route, answer] of this.#routes) {
      const words = new RegExp(`^${route.replaceAll('*', '([^/]+)')}$`).exec(path)?.slice(1);
      if (verb === method && words) return [words.map(decodeURIComponent), answer];
    }
    throw new Refusal(501, NO_ENGINE);
  }

  #actor([wanted = '']: string[]): Actor {
    const actor = this.#actors.find(wanted);
    if (actor === null) throw new Refusal(404, `no such container: ${wanted}`);
    return actor;
  }

  #execution([id = '']: string[]): Executed {
    const executed = this.#executed.get(id);
    if (executed === undefined) throw new Refusal(404, `no such execution: ${id}`);
    return executed;
  }

  #list(withEnded: boolean) {
    const listed = this.#actors.all.filter(({ started, finished }) => withEnded || (started && !finished));
    return listed.map(({ id, name }) => ({ Id: id, Names: [`/${name}`] }));
  }

  #inspect(actor: Actor) {
    const network = this.#actors.network;
    return inspected(actor, { network, networkId: this.#networkId, imageId: this.#image.id });
  }

  #networks() {
    const { network } = this.#actors;
    return network === null ? [] : [{ Id: this.#networkId, Driver: 'bridge', ...network }];
  }

  async #create({ request, query }: Asked) {
    const body = await readJson<CreateBody>(request);
    const { id } = await this.#actors.create(query.get('name') ?? '', body);
    return { Id: id };
  }

  /** The one image: a tar file, unpacked. */
  async #import({ request }: Asked): Promise<void> {
    const file = join(this.ledger.folder, 'image.tar');
    await pipeline(request, createWriteStream(file));
    const digest = createHash('sha256');
    await pipeline(createReadStream(file), digest);
    this.#image = { id: `sha256:${digest.digest('hex')}`, file };
    await run('tar', ['-C', this.#actors.imageFolder, '-xf', file]);
    await rm(file);
  }

  async #prepareExec({ request, words }: Asked) {
    const { id } = this.#actor(words);
    const { Cmd, Env = [] } = await readJson<{ Cmd: string[]; Env?: string[] }>(request);
    const env = Object.fromEntries(
      Env.map((each) => [each.split('=')[0], each.slice(each.indexOf('=') + 1)]),
    );
    const Id = randomBytes(32).toString('hex');
    this.#executed.set(Id, { container: id, argv: Cmd, env, exitCode: null });
    return { Id };
  }

  /** Both outputs in the engines' frames; ends when the process has, even if one that it left behind still holds them. */
  async #exec({ response, words }: Asked): Promise<void> {
    const executed = this.#execution(words);
    const { id, finished } = this.#actor([executed.container]);
    if (finished !== null) throw new Refusal(409, `${executed.container} is not running`);
    const child = this.#actors.exec(id, executed.argv, executed.env);
    response.writeHead(200, { 'content-type': 'application/vnd.docker.raw-stream' });
    child.stdout!.on('data', (bytes: Buffer) => response.write(frame(1, bytes)));
    child.stderr!.on('data', (bytes: Buffer) => response.write(frame(2, bytes)));
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    await endsWithin(child, 500);
    executed.exitCode = child.exitCode ?? 137;
    response.end();
  }

  #follow({ response, query }: Asked): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const since = Number(query.get('since') ?? Number.POSITIVE_INFINITY);
    for (const line of this.#events)
      if ((JSON.parse(line) as { time: number }).time >= since) response.write(line);
    this.#listeners.add(response);
    response.once('close', () => this.#listeners.delete(response));
  }

  #tell(event: Record<string, unknown>): void {
    const line = `${JSON.stringify(event)}\n`;
    this.#events.push(line);
    for (const listener of this.#listeners) listener.write(line);
  }
}

async function readJson<T>(request: IncomingMessage): Promise<T> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as T;
}

/** One byte for the stream, three zeros, four bytes length, then the data. */
function frame(stream: 1 | 2, bytes: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}
