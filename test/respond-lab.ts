import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { LAB_IMAGE } from '../src/emulate/lab/image.js';
import { Lab } from '../src/emulate/lab/lab.js';
import type { Engine } from '../src/engine/engine.js';
import { type ChildProcess, end, start } from '../src/host/child.js';
import { inNetns, PROGRAM_ENVIRONMENT } from '../src/host/programs.js';
import { root } from './recorded.js';

/** A lab with a second network, and outside of it a sink that notes what comes in on which port, and when. */

/** Answers nothing; tells total and time of the last byte for each port every 20 ms. */
const SINK = `
const net = require('node:net');
const seen = {};
for (const port of [9000, 9001, 9002]) {
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
  /** The compiled Stowaway, for processes that are to be killed. */
  readonly main = join(root, 'dist/cli/main.js');
  #sink: ChildProcess | null = null;
  #seen: Record<string, Seen> = {};

  private constructor(readonly lab: Lab) {}

  get id(): string {
    return this.lab.id;
  }

  get netns(): string {
    return this.lab.hostNamespace;
  }

  get engine(): Engine {
    return this.lab.engine;
  }

  get folder(): string {
    return this.lab.ledger.folder;
  }

  get socket(): string {
    return this.engine.socketPath;
  }

  /** What the sink saw on a port. */
  seen = (port: number): Seen => this.#seen[port] ?? { bytes: 0, last: 0 };

  /** @throws LabUnavailable when this machine cannot */
  static async open(): Promise<RespondLab> {
    const own = new RespondLab(await Lab.open('docker'));
    try {
      await own.#prepare();
      return own;
    } catch (error) {
      await own.close();
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    this.#sink = start(inNetns(this.lab.netNamespace, [process.execPath, '-e', SINK]), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#sink.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const line = text.trim().split('\n').at(-1)!;
      if (line.startsWith('{') && line.endsWith('}}')) this.#seen = JSON.parse(line);
    });
    await this.engine.post('/networks/create', {
      Name: 'back',
      IPAM: { Config: [{ Subnet: '10.96.1.0/24' }] },
    });
    this.inNetns('sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1');
  }

  inNetns = (...argv: string[]): string => {
    const [program, ...args] = inNetns(this.netns, argv);
    return execFileSync(program!, args, {
      env: PROGRAM_ENVIRONMENT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  /** Starts a container that sends to a port of the sink for ever (or sleeps, for port 0), on these networks; its id. */
  async run(name: string, port: number, networks = ['back', 'workloads'], labels = {}): Promise<string> {
    const [first, ...more] = networks;
    const { Id } = await this.engine.post<{ Id: string }>(`/containers/create?name=${name}`, {
      Image: LAB_IMAGE,
      Cmd: port === 0 ? ['sleep', 'infinity'] : ['bash', '-c', sender(port)],
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

  async close(): Promise<void> {
    if (this.#sink) await end(this.#sink);
    await this.lab.close();
  }
}
