import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildProcess, endsWithin, start } from '../../host/child.js';
import { inNetns } from '../../host/programs.js';
import { run, until } from '../lab/commands.js';
import type { LabLedger } from '../lab/ledger.js';
import type { Actor, CreateBody } from './inspect.js';
import { ProcessGroup } from './process-group.js';
import { confined, inOwnRoot, NOT_SET_UP } from './root.js';
import { freeAddress, macOf, makeBridge, type NetworkSpec, plugIn } from './wires.js';

/** Where a lab's files are, and where its namespaces are written down before they are made. */
export type Traces = Pick<LabLedger, 'id' | 'folder' | 'addNamespace'>;

interface Played extends Actor {
  group: ProcessGroup;
  child: ChildProcess | null;
  /** Settles when it has ended. */
  ended: Promise<void>;
}

/** What a process is told of its surroundings, as an engine tells it. */
const environmentOf = (name: string) => ({ HOME: '/root', HOSTNAME: name });

/**
 * Network namespaces that play containers: each with processes, files, a name and an address of its own, and a control
 * group by which sensors know its processes. They die with this process, whatever ends it.
 */
export class Actors {
  readonly #played = new Map<string, Played>();
  /** "name:address" of who is no container. */
  readonly #known = new Set(['localhost:127.0.0.1']);
  #network: NetworkSpec | null = null;

  /** @param host the namespace that plays the host: the bridge is there */
  constructor(
    readonly ledger: Traces,
    readonly host: string,
    readonly tell: (actor: Actor, action: 'start' | 'die', at: Date) => void,
  ) {}

  get network(): NetworkSpec | null {
    return this.#network;
  }

  get all(): readonly Actor[] {
    return [...this.#played.values()];
  }

  /** By id or name. */
  find(wanted: string): Actor | null {
    return this.all.find(({ id, name }) => id === wanted || name === wanted) ?? null;
  }

  async createNetwork(network: NetworkSpec): Promise<void> {
    await makeBridge(this.host, network);
    this.#network = network;
  }

  async create(name: string, body: CreateBody): Promise<Actor> {
    const id = randomBytes(32).toString('hex');
    const played: Played = {
      ...{ id, name, body, created: new Date(), started: null, finished: null, exitCode: 0, pid: 0 },
      netns: this.#netnsOf(id, body.HostConfig.NetworkMode),
      endpoint: null,
      group: new ProcessGroup(this.ledger.id, id),
      child: null,
      ended: Promise.resolve(),
    };
    this.#played.set(id, played);
    if (this.#hasOwnNetwork(played)) await this.#connect(played);
    for (const entry of body.HostConfig.ExtraHosts ?? []) this.#known.add(entry);
    this.#writeHosts();
    return played;
  }

  /** Returns when its command runs. @throws Error when its surroundings could not be made */
  async start(id: string): Promise<void> {
    const played = this.#played.get(id)!;
    const { name, body, group } = played;
    const folder = this.#folderOf(played);
    await mkdir(folder, { recursive: true });
    const options = { folder, image: this.imageFolder, hosts: this.#hosts, name };
    const command = await inOwnRoot(
      { ...options, binds: body.HostConfig.Binds ?? [] },
      confined(body.Cmd, body.HostConfig.CapAdd ?? []),
    );
    const alone = ['unshare', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child=KILL', '--'];
    const [door, log] = [group.openDoor(), openSync(join(folder, 'log'), 'a', 0o600)];
    played.started = new Date();
    const child = start(inNetns(played.netns, [...alone, ...command]), {
      stdio: ['ignore', log, log, door],
      env: environmentOf(name),
    });
    closeSync(door);
    closeSync(log);
    played.child = child;
    played.ended = this.#untilEnded(played, child);
    await until(`${name} does not start`, async () => group.first() ?? child.exitCode ?? child.signalCode);
    if (child.exitCode === NOT_SET_UP)
      throw new Error(`${name} could not be set up: ${(await readFile(join(folder, 'log'), 'utf8')).trim()}`);
    played.pid = group.first() ?? 0;
    this.tell(played, 'start', played.started);
    void played.ended.then(() => this.tell(played, 'die', played.finished!));
  }

  async wait(id: string): Promise<number> {
    const played = this.#played.get(id)!;
    await played.ended;
    return played.exitCode;
  }

  /** Starts one more process in it. It is there when the child has not ended by itself. */
  exec(id: string, argv: string[], env: Record<string, string> = {}): ChildProcess {
    const { pid, name, body, group } = this.#played.get(id)!;
    const enter = ['nsenter', `--target=${pid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--'];
    const door = group.openDoor();
    const child = start([...enter, ...confined(argv, body.HostConfig.CapAdd ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe', door],
      env: { ...environmentOf(name), ...env },
    });
    closeSync(door);
    return child;
  }

  async remove(id: string): Promise<void> {
    const played = this.#played.get(id)!;
    played.child?.kill('SIGKILL');
    await played.ended;
    await played.group.remove();
    if (played.endpoint !== null) await run('ip', ['netns', 'delete', played.netns]);
    this.#played.delete(id);
    this.#writeHosts();
  }

  get imageFolder(): string {
    return join(this.ledger.folder, 'image');
  }

  get #hosts(): string {
    return join(this.ledger.folder, 'hosts');
  }

  /** What every container needs, before there is one. */
  async prepare(): Promise<void> {
    await mkdir(this.imageFolder, { recursive: true });
    this.#writeHosts();
  }

  /** One file for all, written in place: those that run see who comes later. */
  #writeHosts(): void {
    const others = [...this.#known].map((entry) => entry.split(':').reverse().join(' '));
    const own = this.all.flatMap(({ name, body, endpoint }) => {
      const aliases = body.NetworkingConfig?.EndpointsConfig[body.HostConfig.NetworkMode]?.Aliases ?? [];
      return endpoint === null ? [] : [[endpoint.address, name, ...aliases].join(' ')];
    });
    writeFileSync(this.#hosts, `${[...others, ...own].join('\n')}\n`, { mode: 0o644 });
  }

  #folderOf({ id }: Actor): string {
    return join(this.ledger.folder, 'actors', id.slice(0, 12));
  }

  #hasOwnNetwork({ body }: Actor): boolean {
    return body.HostConfig.NetworkMode === this.#network?.Name;
  }

  #netnsOf(id: string, mode: string): string {
    if (mode === 'host') return this.host;
    const shared = mode.startsWith('container:') ? this.find(mode.slice('container:'.length)) : null;
    return shared?.netns ?? `${this.ledger.id}-${id.slice(0, 8)}`;
  }

  async #connect(played: Played): Promise<void> {
    await this.ledger.addNamespace(played.netns);
    const address = freeAddress(
      this.#network!,
      new Set(this.all.map(({ endpoint }) => endpoint?.address ?? '')),
    );
    played.endpoint = { device: `veth${played.id.slice(0, 8)}`, address, mac: macOf(address) };
    await run('ip', ['netns', 'add', played.netns]);
    await plugIn(this.host, played.netns, this.#network!, played.endpoint);
  }

  async #untilEnded(played: Played, child: ChildProcess): Promise<void> {
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    await endsWithin(child, 500);
    played.exitCode = child.exitCode ?? 137;
    played.finished = new Date();
    played.pid = 0;
  }
}
