import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Playbook } from '../../ads/playbook.js';
import { EngineError } from '../../engine/engine.js';
import { DEFAULT_CONFIG } from '../../model/config.js';
import type { LedgerRecord } from '../ledger.js';
import type { EngineApi, Surroundings } from '../surroundings.js';

/**
 * An engine and a kernel in memory that record every effect. A stand-in is right here: the question is what ten thousand
 * plans touch, and at which moment a process may die; test/respond.test.ts asks the real ones.
 */

export interface FakeContainer {
  id: string;
  name: string;
  image: string;
  image_digest: string;
  labels: Record<string, string>;
  is_running: boolean;
  is_paused: boolean;
  pid: number;
  started_at: string;
  mode: string;
  /** Number of its network namespace, as the kernel of the host counts. */
  nsid: number;
  command: string[];
  networks: Map<string, { ipv4: string; aliases: string[] }>;
  restart_policy: { name: string; retries: number };
}

export interface FakeNetwork {
  id: string;
  name: string;
}

export interface FakeState {
  containers: Map<string, FakeContainer>;
  networks: Map<string, FakeNetwork>;
  /** nft tables by name. */
  tables: Map<string, { devices: string[]; cgroup: string; rules: string[]; timeout_seconds: number }>;
  images: string[];
}

/** What an effect touched: a container, or host devices. */
export interface Touched {
  what: string;
  container: string | null;
  devices: string[];
  /** Path of a control group; '' for none. */
  cgroup?: string;
}

const familyOf = ({ cgroup }: { cgroup: string }): string => (cgroup === '' ? 'netdev' : 'inet');

export const cgroupPathOf = (container: FakeContainer): string => `unified/docker/${container.id}`;

/** The process died: nothing it does after this has any effect. */
class Crash extends Error {
  override name = 'Crash';
}

export const vethOf = (container: FakeContainer, index: number): string => `veth${container.nsid}x${index}`;

export class FakeWorld {
  readonly touched: Touched[] = [];
  readonly records: string[] = [];
  /** Steps (durable writes and effects) until the process dies; negative for never. */
  stepsToLive = -1;
  clock = Date.parse('2026-11-21T10:00:00Z');
  #isDead = false;

  constructor(
    readonly state: FakeState,
    private readonly netns: string | null,
  ) {}

  get isDead(): boolean {
    return this.#isDead;
  }

  /** A new process on the same ledger. */
  restart(): void {
    this.#isDead = false;
    this.stepsToLive = -1;
  }

  /** One effect or durable write; the process may die just before or just after it. */
  #step<T>(work: () => T): T {
    this.#live();
    if (this.stepsToLive === 0) return this.#die();
    const result = work();
    if (this.stepsToLive === 1) return this.#die();
    if (this.stepsToLive > 0) this.stepsToLive -= 2;
    return result;
  }

  #die(): never {
    this.#isDead = true;
    throw new Crash('the process died');
  }

  #live(): void {
    if (this.#isDead) throw new Crash('the process is dead');
  }

  surroundings(playbook: Playbook | null, ownContainers: string[] = []): Surroundings {
    return {
      connect: () => this.#engine,
      run: async (argv, options) => {
        this.#live();
        return this.#run(this.#unwrap(argv), String(options?.stdin ?? ''));
      },
      netnsOf: async (pid) => {
        const found = [...this.state.containers.values()].find((each) => each.pid === pid && pid > 0);
        return found ? `net:[${found.nsid}]` : null;
      },
      cgroupOf: async (pid) => {
        const found = [...this.state.containers.values()].find((each) => each.pid === pid && pid > 0);
        return found ? { path: `${cgroupPathOf(found)}/init`, level: 3 } : null;
      },
      ledger: {
        read: async () => {
          this.#live();
          return this.records.map((line) => JSON.parse(line) as LedgerRecord);
        },
        stamp: async () => String(this.records.length),
        append: async (record) => this.#step(() => void this.records.push(JSON.stringify(record))),
        exclusively: (work) => work(),
      },
      config: { ...DEFAULT_CONFIG.respond, max_per_hour: 1000 },
      playbookOf: async () => playbook,
      ownContainers,
      keepEvidence: async () => this.#live(),
      watchFlows: async () => ({
        settled: async () => ({ verdict: 'not verified', says: 'a fake has no flows', measured: {} }),
        stop: async () => {},
      }),
      now: () => new Date(this.clock),
      sleep: async () => {},
    };
  }

  readonly #engine: EngineApi = {
    version: async () => ({ engine: 'docker', version: '20.10' }),
    get: async <T>(path: string) => {
      this.#live();
      return this.#get(path) as T;
    },
    post: async <T>(path: string, body?: unknown) =>
      this.#step(() => this.#post(path, body as Record<string, unknown> | undefined)) as T,
    delete: async () =>
      this.#step(() =>
        this.touched.push({ what: 'delete', container: null, devices: [] }),
      ).valueOf() as never,
    stream: async () => Readable.from([]) as unknown as IncomingMessage,
  };

  #get(path: string): unknown {
    const [route] = path.split('?');
    if (route === '/containers/json')
      return [...this.state.containers.values()].map(({ id, is_running }) => ({
        Id: id,
        State: is_running ? 'running' : 'exited',
      }));
    const [, kind, id, what] = route!.split('/');
    if (kind === 'networks') return this.#network(decodeURIComponent(id!));
    if (kind === 'images') {
      if (this.state.images.includes(route!.split('/').slice(2, -1).join('/'))) return {};
      throw new EngineError('no such image', 404);
    }
    const container = this.#container(id!);
    return what === 'json' ? inspectOf(container, this.state) : null;
  }

  #network(name: string): unknown {
    const found = [...this.state.networks.values()].find((each) => each.id === name || each.name === name);
    if (!found) throw new EngineError('no such network', 404);
    const members = [...this.state.containers.values()].filter((each) => each.networks.has(found.id));
    return {
      Id: found.id,
      Name: found.name,
      Options: {},
      Containers: Object.fromEntries(members.map(({ id }) => [id, {}])),
    };
  }

  #container(id: string): FakeContainer {
    const found = this.state.containers.get(decodeURIComponent(id));
    if (!found) throw new EngineError('no such container', 404);
    return found;
  }

  #post(path: string, body: Record<string, unknown> = {}): unknown {
    const [, kind, id, what] = path.split('?')[0]!.split('/');
    if (kind === 'commit') {
      const query = new URLSearchParams(path.split('?')[1]);
      this.touched.push({
        what: 'commit',
        container: this.#container(query.get('container')!).id,
        devices: [],
      });
      this.state.images.push(`${query.get('repo')}:${query.get('tag')}`);
      return { Id: 'sha256:0' };
    }
    const container = this.#container(kind === 'containers' ? id! : String(body.Container));
    this.touched.push({ what: what!, container: container.id, devices: [] });
    if (what === 'pause' || what === 'unpause') {
      if (container.is_paused === (what === 'pause')) throw new EngineError(`cannot ${what}`, 409);
      container.is_paused = what === 'pause';
      return undefined;
    }
    if (what === 'update') {
      const { Name, MaximumRetryCount } = body.RestartPolicy as { Name: string; MaximumRetryCount: number };
      container.restart_policy = { name: Name, retries: MaximumRetryCount };
      return undefined;
    }
    const network = decodeURIComponent(id!);
    if (!this.state.networks.has(network)) throw new EngineError('no such network', 404);
    if (what === 'disconnect') {
      if (!container.networks.delete(network)) throw new EngineError('not connected', 404);
      return undefined;
    }
    const config = body.EndpointConfig as { Aliases?: string[]; IPAMConfig?: { IPv4Address?: string } };
    if (container.networks.has(network)) throw new EngineError('connected already', 403);
    container.networks.set(network, {
      ipv4: config.IPAMConfig?.IPv4Address ?? '',
      aliases: [...(config.Aliases ?? []), container.id.slice(0, 12)],
    });
    return undefined;
  }

  /** Takes off the way into the engine's network namespace; a program that runs elsewhere is a mistake. */
  #unwrap(argv: string[]): string[] {
    if (argv[0] === 'nsenter' && argv[1] === '-t') return argv;
    if (this.netns === null) return argv;
    if (argv[0] !== 'nsenter' || argv[1] !== `--net=/run/netns/${this.netns}`)
      throw new Error(`ran outside of the engine's namespace: ${argv.join(' ')}`);
    return argv.slice(3);
  }

  #run(argv: string[], stdin: string) {
    const done = (stdout: string) => ({ code: 0, stdout, stderr: '' });
    const [program] = argv;
    if (program === 'lsns') {
      const found = [...this.state.containers.values()].find((each) => String(each.pid) === argv.at(-1));
      return done(JSON.stringify({ namespaces: found ? [{ netnsid: String(found.nsid) }] : [] }));
    }
    if (program === 'ip') return done(JSON.stringify(this.#links(argv.at(-1)!)));
    if (program === 'nsenter') return done('');
    if (program !== 'nft') throw new Error(`unexpected program: ${argv.join(' ')}`);
    if (argv[1] === 'list')
      return done(
        [...this.state.tables]
          .map(([name, table]) => [familyOf(table), name])
          .filter(([family]) => family === argv.at(-1))
          .map(([family, name]) => `table ${family} ${name}`)
          .join('\n'),
      );
    return this.#step(() => {
      if (argv[1] === 'delete') this.#deleteTable(argv.at(-2)!, argv.at(-1)!);
      else this.#createTable(stdin);
      return done('');
    });
  }

  #links(kind: string) {
    if (kind === 'bridge')
      return [...this.state.networks.values()].map(({ id }) => ({ ifname: `br-${id.slice(0, 12)}` }));
    return [...this.state.containers.values()]
      .filter((container) => container.is_running && container.mode === 'net')
      .flatMap((container) =>
        [...container.networks.keys()].map((_, index) => ({
          ifname: vethOf(container, index),
          link_netnsid: container.nsid,
        })),
      );
  }

  #createTable(ruleset: string): void {
    const [, family, name] = /^create table (netdev|inet) (\S+)$/m.exec(ruleset)!;
    if (this.state.tables.has(name!)) throw new Error('table exists');
    const elements = /^add element \S+ \S+ contained \{ (.*) \}$/m.exec(ruleset)![1]!;
    const rules = ruleset.split('\n').filter((line) => line.startsWith('add rule '));
    if (rules.length === 0 || rules.some((rule) => !rule.includes('@contained'))) throw new Error(ruleset);
    if (family === 'inet') {
      const [, cgroup, seconds] = /^"([^"]+)" timeout (\d+)s$/.exec(elements)!;
      const table = { devices: [], cgroup: cgroup!, rules, timeout_seconds: Number(seconds) };
      this.state.tables.set(name!, table);
      this.touched.push({ what: 'nft', container: null, devices: [], cgroup: cgroup! });
      return;
    }
    const devices = [...elements.matchAll(/"([^"]+)" timeout (\d+)s/g)];
    const hooked = /devices = \{ (.*?) \}/.exec(ruleset)![1]!.replaceAll('"', '').split(', ');
    const named = devices.map((each) => each[1]!);
    if (named.join() !== hooked.join()) throw new Error('hook and set differ');
    const timeout_seconds = Number(devices[0]![2]);
    this.state.tables.set(name!, { devices: named, cgroup: '', rules, timeout_seconds });
    this.touched.push({ what: 'nft', container: null, devices: named });
  }

  #deleteTable(family: string, name: string): void {
    const table = this.state.tables.get(name);
    if (!table || familyOf(table) !== family) throw new Error('no such table');
    this.state.tables.delete(name);
    const { devices, cgroup } = table;
    this.touched.push({ what: 'nft', container: null, devices, ...(cgroup && { cgroup }) });
  }
}

function inspectOf(container: FakeContainer, state: FakeState): unknown {
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Image: container.image_digest,
    Path: container.command[0],
    Args: container.command.slice(1),
    Config: { Image: container.image, Labels: container.labels },
    State: {
      Running: container.is_running,
      Paused: container.is_paused,
      Pid: container.pid,
      StartedAt: container.started_at,
    },
    HostConfig: {
      NetworkMode: container.mode,
      RestartPolicy: {
        Name: container.restart_policy.name,
        MaximumRetryCount: container.restart_policy.retries,
      },
    },
    NetworkSettings: {
      Networks: Object.fromEntries(
        [...container.networks].map(([id, { ipv4, aliases }]) => [
          state.networks.get(id)?.name ?? id,
          { NetworkID: id, IPAddress: ipv4, GlobalIPv6Address: '', Aliases: aliases },
        ]),
      ),
    },
  };
}

/** Everything a response may change, in a form that compares. */
export function snapshot(state: FakeState): unknown {
  return {
    containers: [...state.containers.values()].map((each) => ({
      ...each,
      networks: [...each.networks].sort(([a], [b]) => (a < b ? -1 : 1)),
    })),
    tables: [...state.tables],
  };
}
