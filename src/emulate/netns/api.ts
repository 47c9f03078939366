import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { framed } from '../../engine/engine.js';
import { type Answer, type Asked, EngineServer, Refusal } from '../../engine/engine-server.js';
import { endsWithin } from '../../host/child.js';
import { run } from '../lab/commands.js';
import { Actors, type Traces } from './actors.js';
import { type Actor, type CreateBody, eventOf, inspected } from './inspect.js';
import type { NetworkSpec } from './wires.js';

/** What is asked and is no engine's work that namespaces can do. */
const NO_ENGINE = 'network namespaces play the containers: there is no engine that could do this';

interface Executed {
  container: string;
  argv: string[];
  env: Record<string, string>;
  exitCode: number | null;
}

/**
 * The part of the engines' API that the lab and the sensors use, answered by network namespaces, on a socket like theirs.
 * Whatever asks stays as it is. Executions are no events here: no engine was asked for them.
 */
export class NamespaceApi {
  readonly #actors: Actors;
  readonly #server: EngineServer;
  readonly #listeners = new Set<Writable>();
  readonly #executed = new Map<string, Executed>();
  readonly #events: string[] = [];
  readonly #networkId = randomBytes(32).toString('hex');
  #imageId = '';

  /** @param host the namespace that plays the host */
  constructor(
    readonly traces: Traces,
    host: string,
  ) {
    this.#actors = new Actors(traces, host, (actor, action, at) => this.#tell(eventOf(actor, action, at)));
    this.#server = new EngineServer(this.#routes(), NO_ENGINE);
  }

  async listen(socket: string): Promise<void> {
    await this.#actors.prepare();
    await this.#server.listen(socket);
  }

  /** Containers go on, as under an engine that was stopped. */
  close(): Promise<void> {
    return this.#server.close();
  }

  #routes(): [method: string, path: string, answer: Answer][] {
    const actors = this.#actors;
    return [
      ['GET', '/events', (asked) => this.#follow(asked)],
      ['GET', '/networks', () => this.#networks()],
      ['POST', '/networks/create', async ({ json }) => actors.createNetwork(await json<NetworkSpec>())],
      ['POST', '/images/create', (asked) => this.#import(asked)],
      ['GET', '/containers/json', ({ query }) => this.#list(query.get('all') !== null)],
      ['POST', '/containers/create', (asked) => this.#create(asked)],
      ['GET', '/containers/*/json', ({ words }) => this.#inspect(this.#actor(words))],
      ['POST', '/containers/*/start', ({ words }) => actors.start(this.#actor(words).id)],
      ['POST', '/containers/*/wait', async ({ words }) => this.#wait(this.#actor(words))],
      ['DELETE', '/containers/*', ({ words }) => actors.remove(this.#actor(words).id)],
      ['POST', '/containers/*/exec', (asked) => this.#prepareExec(asked)],
      ['POST', '/exec/*/start', (asked) => this.#exec(asked)],
      ['GET', '/exec/*/json', ({ words }) => ({ ExitCode: this.#execution(words).exitCode })],
    ];
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
    const { network } = this.#actors;
    return inspected(actor, { network, networkId: this.#networkId, imageId: this.#imageId });
  }

  #networks() {
    const { network } = this.#actors;
    return network === null ? [] : [{ Id: this.#networkId, Driver: 'bridge', ...network }];
  }

  async #create({ json, query }: Asked) {
    const { id } = await this.#actors.create(query.get('name') ?? '', await json<CreateBody>());
    return { Id: id };
  }

  async #wait({ id }: Actor) {
    return { StatusCode: await this.#actors.wait(id) };
  }

  /** The one image: a tar file, unpacked. */
  async #import({ body }: Asked): Promise<void> {
    const file = join(this.traces.folder, 'image.tar');
    await pipeline(body, createWriteStream(file));
    const digest = createHash('sha256');
    await pipeline(createReadStream(file), digest);
    this.#imageId = `sha256:${digest.digest('hex')}`;
    await run('tar', ['-C', this.#actors.imageFolder, '-xf', file]);
    await rm(file);
  }

  async #prepareExec({ json, words }: Asked) {
    const { id } = this.#actor(words);
    const { Cmd, Env = [] } = await json<{ Cmd: string[]; Env?: string[] }>();
    const env = Object.fromEntries(
      Env.map((each) => [each.split('=')[0], each.slice(each.indexOf('=') + 1)]),
    );
    const Id = randomBytes(32).toString('hex');
    this.#executed.set(Id, { container: id, argv: Cmd, env, exitCode: null });
    return { Id };
  }

  /** Ends when the process has, even if one that it left behind still holds its outputs. */
  async #exec({ open, words }: Asked): Promise<void> {
    const executed = this.#execution(words);
    const { id, name, pid } = this.#actor([executed.container]);
    if (pid === 0) throw new Refusal(409, `${name} is not running`);
    const child = this.#actors.exec(id, executed.argv, executed.env);
    const answer = open('application/vnd.docker.raw-stream');
    const take = (stream: 1 | 2) => (bytes: Buffer) => {
      if (!answer.writableEnded) answer.write(framed(stream, bytes));
    };
    child.stdout!.on('data', take(1));
    child.stderr!.on('data', take(2));
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    // What it wrote last may be on its way.
    await endsWithin(child, 500);
    executed.exitCode = child.exitCode ?? 137;
    answer.end();
  }

  #follow({ open, query }: Asked): void {
    const answer = open('application/json');
    const since = Number(query.get('since') ?? Number.POSITIVE_INFINITY);
    for (const line of this.#events)
      if ((JSON.parse(line) as { time: number }).time >= since) answer.write(line);
    this.#listeners.add(answer);
    answer.once('close', () => this.#listeners.delete(answer));
  }

  #tell(event: Record<string, unknown>): void {
    const line = `${JSON.stringify(event)}\n`;
    this.#events.push(line);
    for (const listener of this.#listeners) listener.write(line);
  }
}
