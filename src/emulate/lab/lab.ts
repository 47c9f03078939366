import { randomBytes } from 'node:crypto';
import { createWriteStream, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Engine } from '../../engine/engine.js';
import { endMarked, markOf, type ProcessMark } from '../../host/process-mark.js';
import type { ContainerSpec, Service } from '../../model/emulation.js';
import { NamespaceApi } from '../netns/api.js';
import { run, runInside, startInside, until } from './commands.js';
import { type EngineKind, engineProgram, LabUnavailable, whyNoLab } from './engine-kinds.js';
import { importImage, LAB_IMAGE } from './image.js';
import { LabLedger } from './ledger.js';
import { serve } from './services.js';

/** Every container, network and volume of a lab carries it, with the lab's id. */
const LAB_LABEL = 'stowaway.lab';

/** The containers' network. */
const WORKLOADS = '10.96.0.0/24';

/**
 * Real containers on a real network that ends on this machine.
 *
 * Two network namespaces: `…-host` holds the engine, its bridge and the sensors, `…-net` the destinations. The only
 * link of the first leads to the second, and the second leads nowhere: no interface of the machine is in either, so no
 * packet can leave it, whatever a container does. Without an engine, more namespaces play the containers.
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
  /** Answers in the place of an engine. */
  #namespaces: NamespaceApi | null = null;
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

  /** "docker 20.10.24"; "netns …" where there is none. */
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
      await lab.#startOrRefuse();
      // Namespaces are entered with fewer capabilities by a program of the image.
      const isNeeded = (program: string) => isWanted(program) || (kind === 'netns' && program === 'setpriv');
      lab.missing = (await importImage(lab.engine, isNeeded)).missing;
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
    await this.#namespaces?.close();
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

  async #startOrRefuse(): Promise<void> {
    try {
      await this.startEngine();
    } catch (cause) {
      throw new LabUnavailable((cause as Error).message, { cause });
    }
  }

  /** Starts the engine, or starts it again. */
  async startEngine(): Promise<void> {
    if (this.kind === 'netns') return this.#startNamespaces();
    const { program, args, env } = await engineProgram(this.kind, this.ledger.folder);
    const log = openSync(this.path('engine.log'), 'a', 0o600);
    const child = startInside(this.hostNamespace, program, args, { stdio: ['ignore', log, log], env });
    child.unref();
    this.#engineProcess = markOf(child.pid!)!;
    await this.ledger.addProcess(this.#engineProcess);
    const answer = await until(`${program} did not start (${this.path('engine.log')})`, async () =>
      child.exitCode === null ? await this.engine.version() : 'ended',
    );
    if (answer === 'ended') throw new Error(`${program} ended: ${await this.#lastWords()}`);
    const { engine, version } = answer;
    this.#engineVersion = `${engine} ${version}`;
  }

  async #startNamespaces(): Promise<void> {
    this.#namespaces ??= new NamespaceApi(this.ledger, this.hostNamespace);
    await this.#namespaces.listen(this.engine.socketPath);
    this.#engineVersion = `netns (network namespaces of Linux ${release()}, no engine)`;
  }

  async stopEngine(): Promise<void> {
    await this.#namespaces?.close();
    if (this.#engineProcess) await endMarked(this.#engineProcess);
    this.#engineProcess = null;
  }

  async #lastWords(): Promise<string> {
    return (await readFile(this.path('engine.log'), 'utf8')).trim().split('\n').slice(-2).join(' ');
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
