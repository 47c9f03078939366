import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../src/engine/engine.js';
import { root } from './recorded.js';

/**
 * A real dockerd in a network namespace without a way out, and beside it a second namespace with a sink that notes what comes
 * in on which port, and when. Names are random; everything lies under one temporary folder and is removed by `close`.
 */

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const PROGRAMS = [
  'ip',
  'nsenter',
  'lsns',
  'ss',
  'nft',
  'conntrack',
  'dockerd',
  'docker',
  'runc',
  'busybox',
  'bash',
  'tar',
];

/** Why no lab can be made here, or null. @throws in CI, where a skip must not pass for a success */
export function whyNoLab(): string | null {
  const missing = PROGRAMS.filter(
    (name) => !PATH.split(':').some((folder) => existsSync(join(folder, name))),
  );
  const reason =
    process.platform !== 'linux' || process.getuid?.() !== 0
      ? 'needs root on Linux'
      : missing.length > 0
        ? `needs ${missing.join(', ')}`
        : null;
  if (reason && process.env.CI) throw new Error(`responses cannot be tested, in CI: ${reason}`);
  return reason;
}

const call = (...argv: string[]): string =>
  execFileSync(argv[0]!, argv.slice(1), {
    env: { PATH },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const start = (...argv: string[]): ChildProcess =>
  spawn(argv[0]!, argv.slice(1), { env: { PATH }, stdio: ['ignore', 'pipe', 'ignore'] });

/** Answers nothing; tells total and time of the last byte for each port every 20 ms. */
const SINK = `
const net = require('node:net');
const seen = {};
for (const port of [9000, 9001]) {
  seen[port] = { bytes: 0, last: 0 };
  net.createServer((socket) => socket
    .on('data', (part) => { seen[port].bytes += part.length; seen[port].last = Date.now(); })
    .on('error', () => {})).listen(port, '198.51.100.10');
}
setInterval(() => console.log(JSON.stringify(seen)), 20);`;

/** About 1 MB/s for ever; connects again when it must. */
const sender = (port: number): string =>
  `while :; do (exec 3<>/dev/tcp/198.51.100.10/${port} && while head -c 100000 /dev/urandom >&3; do sleep 0.1; done); sleep 0.2; done`;

interface Seen {
  bytes: number;
  /** Epoch milliseconds. */
  last: number;
}

export class RespondLab {
  readonly id = randomBytes(3).toString('hex');
  readonly netns = `swresp-${this.id}h`;
  readonly image = `localhost/swresp-${this.id}:1`;
  engine!: Engine;
  folder = '';
  /** A compiled Stowaway, for processes that are to be killed. */
  main = '';
  readonly #outside = `swresp-${this.id}o`;
  #dockerd: ChildProcess | null = null;
  #sink: ChildProcess | null = null;
  #seen: Record<string, Seen> = {};

  get socket(): string {
    return join(this.folder, 'docker.sock');
  }

  /** What the sink saw on a port. */
  seen = (port: number): Seen => this.#seen[port] ?? { bytes: 0, last: 0 };

  async open(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), `swresp-${this.id}-`));
    this.#connectNamespaces();
    this.#sink = start('nsenter', `--net=/run/netns/${this.#outside}`, process.execPath, '-e', SINK);
    this.#sink.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const line = text.trim().split('\n').at(-1)!;
      if (line.startsWith('{') && line.endsWith('}}')) this.#seen = JSON.parse(line);
    });
    await this.#startEngine();
    await this.#importImage();
    for (const [name, subnet] of [
      ['back', '10.96.1.0/24'],
      ['front', '10.96.0.0/24'],
    ])
      await this.engine.post('/networks/create', { Name: name, IPAM: { Config: [{ Subnet: subnet }] } });
    await this.#compile();
  }

  #connectNamespaces(): void {
    call('ip', 'netns', 'add', this.netns);
    call('ip', 'netns', 'add', this.#outside);
    const [inside, outside] = [
      ['ip', '-n', this.netns],
      ['ip', '-n', this.#outside],
    ];
    call(...inside!, 'link', 'set', 'lo', 'up');
    call(...outside!, 'link', 'set', 'lo', 'up');
    call(...inside!, 'link', 'add', 'ext0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#outside);
    call(...inside!, 'addr', 'add', '198.51.100.1/24', 'dev', 'ext0');
    call(...inside!, 'link', 'set', 'ext0', 'up');
    call(...outside!, 'addr', 'add', '198.51.100.10/24', 'dev', 'eth0');
    call(...outside!, 'link', 'set', 'eth0', 'up');
    this.inNetns('sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1');
  }

  inNetns = (...argv: string[]): string => call('nsenter', `--net=/run/netns/${this.netns}`, ...argv);

  async #startEngine(): Promise<void> {
    const at = (name: string) => join(this.folder, name);
    this.engine = new Engine(this.socket);
    this.#dockerd = start(
      ...['nsenter', `--net=/run/netns/${this.netns}`, 'dockerd', '--data-root', at('data')],
      ...['--exec-root', at('exec'), '-H', `unix://${this.socket}`, '--pidfile', at('docker.pid')],
      ...['--bip', '10.97.255.1/24', '--default-address-pool', 'base=10.97.0.0/16,size=24'],
    );
    for (let left = 100; ; left -= 1) {
      try {
        await this.engine.version();
        return;
      } catch (error) {
        if (left === 0) throw error;
        await sleep(200);
      }
    }
  }

  async #importImage(): Promise<void> {
    const image = join(this.folder, 'root');
    await mkdir(join(image, 'bin'), { recursive: true });
    await mkdir(join(image, 'tmp'));
    await copyFile('/bin/busybox', join(image, 'bin/busybox'));
    for (const applet of ['sh', 'sleep', 'head', 'cat', 'ping'])
      await symlink('busybox', join(image, 'bin', applet));
    for (const program of ['/bin/bash', '/usr/bin/curl'].filter(existsSync)) {
      const needed = call('ldd', program).match(/\/\S+/g) ?? [];
      for (const file of [program, ...needed]) {
        await mkdir(join(image, dirname(file)), { recursive: true });
        await copyFile(file, join(image, file));
      }
    }
    const tar = join(this.folder, 'image.tar');
    call('tar', '-C', image, '-cf', tar, '.');
    call('docker', '-H', `unix://${this.socket}`, 'import', tar, this.image);
  }

  /** Compiles next to links to the content, as the package has it. */
  async #compile(): Promise<void> {
    const app = join(this.folder, 'app');
    await mkdir(app);
    for (const name of ['strategies', 'sources', 'schema', 'intel', 'package.json', 'node_modules'])
      await symlink(join(root, name), join(app, name));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(
      process.execPath,
      [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(app, 'dist')],
      {
        stdio: 'ignore',
      },
    );
    this.main = join(app, 'dist', 'cli', 'main.js');
  }

  /** Starts a container that sends to a port of the sink for ever (or sleeps, for port 0), on these networks; its id. */
  async run(name: string, port: number, networks = ['back', 'front'], labels = {}): Promise<string> {
    const [first, ...more] = networks;
    const { Id } = await this.engine.post<{ Id: string }>(`/containers/create?name=${name}`, {
      Image: this.image,
      Cmd: port === 0 ? ['/bin/sleep', 'infinity'] : ['/bin/bash', '-c', sender(port)],
      Labels: labels,
      HostConfig: { NetworkMode: first },
      NetworkingConfig: {
        EndpointsConfig: first === 'host' ? {} : { [first!]: { Aliases: [`${name}.lab`] } },
      },
    });
    for (const network of more)
      await this.engine.post(`/networks/${network}/connect`, {
        Container: Id,
        EndpointConfig: { Aliases: [`${name}.lab`] },
      });
    await this.engine.post(`/containers/${Id}/start`);
    return Id;
  }

  /** Removes containers, engine, namespaces and files; goes on when a part fails, so that nothing stays. */
  async close(): Promise<void> {
    const attempt = async (work: () => unknown) => {
      try {
        await work();
      } catch {
        // The next part may still succeed.
      }
    };
    await attempt(async () => {
      for (const { Id } of await this.engine.get<{ Id: string }[]>('/containers/json?all=1'))
        await attempt(() => this.engine.delete(`/containers/${Id}?force=1`));
    });
    for (const child of [this.#sink, this.#dockerd]) {
      if (!child || child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(20_000).then(() => child.kill('SIGKILL'))]);
    }
    for (const name of [this.netns, this.#outside]) await attempt(() => call('ip', 'netns', 'del', name));
    await attempt(() => {
      const mounts = call('findmnt', '-rno', 'TARGET')
        .split('\n')
        .filter((each) => each.startsWith(`${this.folder}/`));
      for (const mount of mounts.reverse()) call('umount', mount);
    });
    await attempt(() => rm(this.folder, { recursive: true, force: true }));
  }
}
