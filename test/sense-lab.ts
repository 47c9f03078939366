import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../src/engine/engine.js';

/**
 * A Docker of its own in a network namespace without a way out, and beside it, on 198.51.100.0/24, a second namespace with a
 * server that counts what it receives. Everything carries the lab's random id and lies under one temporary folder.
 */

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const PROGRAMS = [
  'ip',
  'nsenter',
  'dockerd',
  'docker',
  'runc',
  'conntrack',
  'bpftrace',
  'busybox',
  'curl',
  'bash',
  'tar',
];

/** Why no lab can be made here, or null. */
export function whyNoLab(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const folders = PATH.split(':');
  const missing = PROGRAMS.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return missing.length > 0 ? `needs ${missing.join(', ')}` : null;
}

/** Runs a program to its end; its output. */
export const call = (...argv: string[]): string =>
  execFileSync(argv[0]!, argv.slice(1), {
    env: { PATH },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const start = (...argv: string[]): ChildProcess =>
  spawn(argv[0]!, argv.slice(1), { env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });

const SINK = `
let received = 0;
require('node:http').createServer((request, answer) => {
  request.on('data', (bytes) => { received += bytes.length; });
  request.on('end', () => { answer.end('stored'); console.log(received); });
}).listen(80, '198.51.100.10', () => console.log('listening'));`;

export class SenseLab {
  readonly id = randomBytes(3).toString('hex');
  readonly hostNetns = `swsense-${this.id}h`;
  readonly outsideNetns = `swsense-${this.id}o`;
  readonly image = `localhost/swsense-${this.id}:1`;
  engine!: Engine;
  #folder = '';
  #dockerd: ChildProcess | null = null;
  #sink: ChildProcess | null = null;
  #sinkSaid = '';

  /** Bytes of request bodies the server outside has received. */
  get received(): number {
    return Number(this.#sinkSaid.trim().split('\n').at(-1));
  }

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), `swsense-${this.id}-`));
    this.#connect();
    this.#sink = start('nsenter', `--net=/run/netns/${this.outsideNetns}`, process.execPath, '-e', SINK);
    this.#sink.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#sinkSaid += text;
    });
    await this.startEngine();
    const tar = join(this.#folder, 'image.tar');
    call('tar', '-C', await this.#makeRoot(), '-cf', tar, '.');
    call('docker', '-H', `unix://${this.engine.socketPath}`, 'import', tar, this.image);
    await this.engine.post('/networks/create', {
      Name: 'workloads',
      IPAM: { Config: [{ Subnet: '10.96.0.0/24', Gateway: '10.96.0.1' }] },
    });
  }

  /** Starts dockerd, or starts it again. */
  async startEngine(): Promise<void> {
    const at = (name: string) => join(this.#folder, name);
    this.engine = new Engine(at('docker.sock'));
    this.#dockerd = start(
      ...['nsenter', `--net=/run/netns/${this.hostNetns}`, 'dockerd', '--data-root', at('data')],
      ...['--exec-root', at('exec'), '-H', `unix://${at('docker.sock')}`, '--pidfile', at('docker.pid')],
      ...['--bip', '10.97.255.1/24', '--default-address-pool', 'base=10.97.0.0/16,size=24'],
    );
    this.#dockerd.stderr!.resume();
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

  async stopEngine(): Promise<void> {
    const child = this.#dockerd;
    this.#dockerd = null;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(20_000).then(() => child.kill('SIGKILL'))]);
  }

  /** Starts a container that sleeps, or runs a command; its id. */
  async run(name: string, argv = ['/bin/sleep', 'infinity']): Promise<string> {
    const { Id } = await this.engine.post<{ Id: string }>(`/containers/create?name=${name}`, {
      Image: this.image,
      Cmd: argv,
      StopTimeout: 0,
      HostConfig: { NetworkMode: 'workloads' },
    });
    await this.engine.post(`/containers/${Id}/start`);
    return Id;
  }

  async close(): Promise<void> {
    if (this.#dockerd) {
      const all = await this.engine.get<{ Id: string }[]>('/containers/json?all=1').catch(() => []);
      for (const { Id } of all) await this.engine.delete(`/containers/${Id}?force=1`).catch(() => {});
      await this.stopEngine();
    }
    this.#sink?.kill('SIGKILL');
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts
      .filter((path) => this.#folder && path.startsWith(`${this.#folder}/`))
      .reverse())
      quietly(() => call('umount', mount));
    for (const netns of [this.hostNetns, this.outsideNetns])
      if (existsSync(`/run/netns/${netns}`)) quietly(() => call('ip', 'netns', 'del', netns));
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }

  #connect(): void {
    const [host, outside] = [this.hostNetns, this.outsideNetns];
    call('ip', 'netns', 'add', host);
    call('ip', 'netns', 'add', outside);
    call('ip', '-n', host, 'link', 'add', 'ext', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside);
    call('ip', '-n', host, 'addr', 'add', '198.51.100.1/24', 'dev', 'ext');
    call('ip', '-n', outside, 'addr', 'add', '198.51.100.10/24', 'dev', 'eth0');
    for (const [netns, link] of [
      [host, 'lo'],
      [host, 'ext'],
      [outside, 'lo'],
      [outside, 'eth0'],
    ] as const)
      call('ip', '-n', netns, 'link', 'set', link, 'up');
    call('ip', '-n', outside, 'route', 'add', 'default', 'via', '198.51.100.1');
    // A connection is forgotten two minutes after its end, and only then told in full; here after a second.
    const forget = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';
    const argv = ['nsenter', `--net=/run/netns/${host}`, 'tee', forget];
    execFileSync(argv[0]!, argv.slice(1), { env: { PATH }, input: '1' });
  }

  /** The host's busybox, bash and curl with their libraries. */
  async #makeRoot(): Promise<string> {
    const root = join(this.#folder, 'root');
    for (const folder of ['bin', 'tmp', 'etc', 'root/.ssh'])
      await mkdir(join(root, folder), { recursive: true });
    await cp('/usr/bin/busybox', join(root, 'bin/busybox'), { dereference: true });
    for (const applet of ['sh', 'sleep', 'cat', 'head', 'ls', 'echo', 'tar', 'dd', 'true'])
      await symlink('busybox', join(root, 'bin', applet));
    await writeFile(join(root, 'root/.ssh/id_rsa'), 'no key\n');
    for (const program of ['bash', 'curl']) {
      await cp(call('which', program).trim(), join(root, 'bin', program), { dereference: true });
      const libraries = call('ldd', join(root, 'bin', program)).match(/\/\S+(?= \(0x)/g) ?? [];
      for (const library of libraries)
        await cp(library, join(root, library), { dereference: true, recursive: true });
    }
    return root;
  }
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // Cleaning up goes on.
  }
}
