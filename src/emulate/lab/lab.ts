import { randomBytes } from 'node:crypto';
import { createWriteStream, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Engine } from '../../engine/engine.js';
import { endMarked, markOf, type ProcessMark } from '../../host/process-mark.js';
import { findProgram } from '../../host/programs.js';
import { tryProgram } from '../../host/run.js';
import type { ContainerSpec, Service } from '../../model/emulation.js';
import { run, runInside, startInside, until } from './commands.js';
import { importImage, LAB_IMAGE } from './image.js';
import { LabLedger } from './ledger.js';
import { serve } from './services.js';

export type EngineKind = 'docker' | 'podman';

/** Every container, network and volume of a lab carries it, with the lab's id. */
const LAB_LABEL = 'stowaway.lab';

/** The containers' network. */
const WORKLOADS = '10.96.0.0/24';

/** Why no lab can run here; nothing is started when there is a reason. */
export class LabUnavailable extends Error {
  override name = 'LabUnavailable';
}

/**
 * Real containers on a real network that ends on this machine.
 *
 * Two network namespaces: `…-host` holds the engine, its bridge and the sensors, `…-net` the destinations. The only
 * link of the first leads to the second, and the second leads nowhere: no interface of the machine is in either, so no
 * packet can leave it, whatever a container does.
 */
export class Lab {
  readonly hostNamespace: string;
  /** Where the destinations are. */
  readonly netNamespace: string;
  readonly engine: Engine;
  /** Programs the containers do not have because this machine lacks them. */
  missing: string[] = [];
  #engineVersion = '';
  #engineProcess: ProcessMark | null = null;
  #keys: string[] = [];

  private constructor(
    readonly ledger: LabLedger,
    readonly kind: EngineKind,
  ) {
    this.hostNamespace = `${ledger.id}-host`;
    this.netNamespace = `${ledger.id}-net`;
    this.engine = new Engine(join(ledger.folder, 'engine.sock'));
  }

  get id(): string {
    return this.ledger.id;
  }

  /** "docker 20.10.24" */
  get engineVersion(): string {
    return this.#engineVersion;
  }

  /** @throws LabUnavailable when this machine cannot */
  static async open(kind: EngineKind = 'docker', isWanted = (_program: string) => true): Promise<Lab> {
    const reason = await whyNoLab(kind);
    if (reason !== null) throw new LabUnavailable(reason);
    const ledger = await LabLedger.open(`stowaway-${randomBytes(3).toString('hex')}`, markOf(process.pid)!);
    const lab = new Lab(ledger, kind);
    try {
      await lab.#connect();
      await lab.startEngine();
      lab.missing = (await importImage(lab.engine, isWanted)).missing;
      await lab.#createNetwork();
      await lab.#checkNoWayOut();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** A file in the lab's folder. */
  path(name: string): string {
    return join(this.ledger.folder, name);
  }

  /** Starts the destinations. Where one takes SSH, containers started later find a key for it in /keys. */
  async serve(services: Service[]): Promise<void> {
    if (services.some(({ kind }) => kind === 'sftp' || kind === 'git-ssh'))
      this.#keys = [`${this.path('keys')}:/keys:ro`];
    // Several names may lead to one server.
    const servers = new Map(services.map((service) => [`${service.address}:${service.port}`, service]));
    await Promise.all([...servers.values()].map((service) => serve(this, this.netNamespace, service)));
  }

  /** Creates a container and starts it; answers its id. */
  async start(
    spec: ContainerSpec,
    names: Service[],
    { run, image = LAB_IMAGE }: { run?: string | string[]; image?: string | undefined } = {},
  ): Promise<string> {
    const { Id } = await this.engine.post<{ Id: string }>(`/containers/create?name=${spec.name}`, {
      Image: image,
      Cmd: run === undefined ? spec.command : argvOf(run),
      Labels: { ...spec.labels, [LAB_LABEL]: this.id },
      HostConfig: {
        NetworkMode: spec.network,
        Binds: [...spec.volumes.map((volume) => this.#bind(volume)), ...this.#keys],
        CapAdd: spec.capabilities ?? [],
        // Podman would need a program of its own for it.
        Init: this.kind === 'docker',
        // A namespace shared with another container brings that one's hosts file.
        ...(!spec.network.startsWith('container:') && { ExtraHosts: names.flatMap(hostEntry) }),
      },
      ...(spec.alias && {
        NetworkingConfig: { EndpointsConfig: { [spec.network]: { Aliases: [spec.alias] } } },
      }),
    });
    await this.engine.post(`/containers/${Id}/start`);
    return Id;
  }

  /** An image with another id: the lab's own with a label more, as a rebuilt one has. */
  async replacedImage(): Promise<string> {
    const { Id } = await this.engine.post<{ Id: string }>('/containers/create', {
      Image: LAB_IMAGE,
      Cmd: ['true'],
    });
    const [repo, tag] = ['localhost/stowaway-lab/replaced', 'latest'];
    const change = encodeURIComponent('LABEL build=2');
    await this.engine.post(
      `/commit?container=${Id}&repo=${encodeURIComponent(repo)}&tag=${tag}&changes=${change}`,
      {},
    );
    await this.remove(Id);
    return `${repo}:${tag}`;
  }

  /** A volume by its name, or the engine's own socket. */
  #bind(volume: string): string {
    return volume.replace(/^engine-socket:/, `${this.path('engine.sock')}:`);
  }

  /** Runs a command in a container to its end. */
  exec(container: string, command: string | string[]) {
    return this.engine.exec(container, argvOf(command));
  }

  /** `docker cp` out of a container: its archive lies in the lab's folder afterwards. */
  async copyOut(container: string, path: string): Promise<void> {
    await mkdir(this.path('copied'), { recursive: true });
    const answer = await this.engine.stream(
      `/containers/${container}/archive?path=${encodeURIComponent(path)}`,
    );
    await pipeline(answer, createWriteStream(this.path(`copied/${container}.tar`)));
  }

  /** `docker cp` into a folder of a container, of what was copied out of another. */
  async copyIn(container: string, from: string, folder: string): Promise<void> {
    await this.engine.uploadFile(
      'PUT',
      `/containers/${container}/archive?path=${encodeURIComponent(folder)}`,
      this.path(`copied/${from}.tar`),
    );
  }

  async wait(id: string): Promise<number> {
    return (await this.engine.post<{ StatusCode: number }>(`/containers/${id}/wait`)).StatusCode;
  }

  async remove(id: string): Promise<void> {
    await this.engine.delete(`/containers/${id}?force=true&v=true`);
  }

  /** Removes all it made. Never throws for what is gone already. */
  async close(): Promise<void> {
    const list = await this.engine.get<{ Id: string }[]>('/containers/json?all=true').catch(() => []);
    await Promise.all(list.map(({ Id }) => this.remove(Id).catch(() => undefined)));
    await this.ledger.remove();
  }

  async #connect(): Promise<void> {
    for (const name of [this.hostNamespace, this.netNamespace]) {
      await this.ledger.addNamespace(name);
      await run('ip', ['netns', 'add', name]);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    const link = [
      'link',
      'add',
      'lab-ext',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.netNamespace,
    ];
    await run('ip', ['-n', this.hostNamespace, ...link]);
    await run('ip', ['-n', this.hostNamespace, 'addr', 'add', '198.51.100.1/24', 'dev', 'lab-ext']);
    await run('ip', ['-n', this.hostNamespace, 'link', 'set', 'lab-ext', 'up']);
    for (let last = 10; last <= 19; last++)
      await run('ip', ['-n', this.netNamespace, 'addr', 'add', `198.51.100.${last}/24`, 'dev', 'eth0']);
    await run('ip', ['-n', this.netNamespace, 'link', 'set', 'eth0', 'up']);
    // Ended connections are told soon: the kernel's two minutes would only lengthen every run.
    const settings = ['net.ipv4.ip_forward=1', 'net.netfilter.nf_conntrack_tcp_timeout_time_wait=2'];
    await runInside(this.hostNamespace, 'sysctl', ['-qw', ...settings]);
  }

  /** Starts the engine, or starts it again. */
  async startEngine(): Promise<void> {
    const log = openSync(this.path('engine.log'), 'a', 0o600);
    const options = { stdio: ['ignore', log, log] as ['ignore', number, number] };
    const [program, args] = this.kind === 'docker' ? this.#docker() : await this.#podman();
    const child = startInside(this.hostNamespace, program, args, {
      ...options,
      ...(this.kind === 'podman' && { env: this.#podmanEnv() }),
    });
    child.unref();
    this.#engineProcess = markOf(child.pid!)!;
    await this.ledger.addProcess(this.#engineProcess);
    const { engine, version } = await until(
      `${program} did not start (${this.path('engine.log')})`,
      async () =>
        child.exitCode === null
          ? await this.engine.version()
          : Promise.reject(new Error(await this.#lastWords())),
    );
    this.#engineVersion = `${engine} ${version}`;
  }

  async stopEngine(): Promise<void> {
    if (this.#engineProcess) await endMarked(this.#engineProcess);
    this.#engineProcess = null;
  }

  async #lastWords(): Promise<string> {
    return (await readFile(this.path('engine.log'), 'utf8')).trim().split('\n').slice(-2).join(' ');
  }

  #docker(): [string, string[]] {
    const at = (name: string) => this.path(name);
    return [
      'dockerd',
      [
        ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('engine.pid')],
        ...['-H', `unix://${at('engine.sock')}`, '--bip', '10.97.255.1/24'],
        ...['--default-address-pool', 'base=10.97.0.0/16,size=24'],
        // Registries of the lab speak plain HTTP.
        ...['--insecure-registry', '198.51.100.0/24'],
      ],
    ];
  }

  async #podman(): Promise<[string, string[]]> {
    await writePodmanConfig(this.ledger.folder);
    return ['podman', ['system', 'service', '--time=0', `unix://${this.path('engine.sock')}`]];
  }

  #podmanEnv(): Record<string, string> {
    return {
      CONTAINERS_CONF: this.path('containers.conf'),
      CONTAINERS_STORAGE_CONF: this.path('storage.conf'),
    };
  }

  /** The guard: refuses to go on when the namespaces have a default route or a link that is not of the lab. */
  async #checkNoWayOut(): Promise<void> {
    for (const netns of [this.hostNamespace, this.netNamespace]) {
      const routes = await run('ip', ['-n', netns, 'route', 'show', 'default']);
      const links = JSON.parse(await run('ip', ['-n', netns, '-j', 'link', 'show'])) as { ifname: string }[];
      const foreign = links
        .map((link) => link.ifname)
        .filter((name) => !/^(lo|lab-ext|eth0|docker0|podman\d|br-work|veth.*)$/.test(name));
      if (routes.trim() !== '' || foreign.length > 0)
        throw new Error(
          `${netns} has a way out (${[routes.trim(), ...foreign].filter(Boolean).join(', ')}): refused`,
        );
    }
  }

  async #createNetwork(): Promise<void> {
    await this.engine.post('/networks/create', {
      Name: 'workloads',
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: WORKLOADS, Gateway: '10.96.0.1' }] },
      Options: { 'com.docker.network.bridge.name': 'br-work' },
      Labels: { [LAB_LABEL]: this.id },
    });
  }
}

const argvOf = (command: string | string[]): string[] =>
  typeof command === 'string' ? ['sh', '-c', command] : command;

const hostEntry = (service: Service): string[] =>
  service.name ? [`${service.name}:${service.address}`] : [];

/** Podman needs these where there is no systemd and not every capability. */
async function writePodmanConfig(folder: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await mkdir(join(folder, 'networks'), { recursive: true });
  await writeFile(
    join(folder, 'containers.conf'),
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
pull_policy = "never"
tmp_dir = "${folder}/libpod"
volume_path = "${folder}/volumes"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
`,
  );
  await writeFile(
    join(folder, 'storage.conf'),
    `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/data"\nrunroot = "${folder}/run"\n`,
  );
}

const NEEDED = ['ip', 'nsenter', 'busybox', 'conntrack', 'tar', 'ldd', 'sysctl'];

/** Why this machine cannot have one, or null. */
export async function whyNoLab(kind: EngineKind, alsoNeeded: string[] = []): Promise<string | null> {
  if (process.platform !== 'linux') return 'the lab needs Linux';
  if (process.getuid?.() !== 0) return 'the lab needs root: network namespaces and an engine';
  const missing = [...NEEDED, kind === 'docker' ? 'dockerd' : 'podman', 'runc', ...alsoNeeded].filter(
    (program) => findProgram(program) === null,
  );
  if (missing.length > 0) return `not on this machine: ${missing.join(', ')}`;
  const { code, stderr } = await tryProgram(['unshare', '-n', 'true']);
  return code === 0 ? null : `no network namespaces: ${stderr.trim()}`;
}
