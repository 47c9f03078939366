import { createSocket, type Socket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { InputStatus, Intake } from './intake.js';
import { PendingLines } from './pending-lines.js';
import { asLine } from './syslog-frames.js';
import { describeListenFailure, type ListenOptions, settleWithin } from './syslog-tcp.js';

/** What the kernel may hold for us; it gives less where net.core.rmem_max is lower. */
const RECEIVE_BYTES = 8 * 1024 * 1024;
const DROPS = 'datagrams dropped by the kernel';

/** Syslog by UDP. What the kernel had no room for is counted; what the network lost nobody knows. */
export class SyslogUdp {
  readonly #socket: Socket;
  readonly #stopping = new AbortController();
  readonly #pending: PendingLines;
  #drops = 0;

  constructor(
    readonly intake: Intake,
    readonly options: ListenOptions,
  ) {
    this.#pending = new PendingLines(intake, 'syslog:udp', this.#stopping.signal);
    const type = isIPv6(options.address) ? 'udp6' : 'udp4';
    this.#socket = createSocket({ type, recvBufferSize: RECEIVE_BYTES });
    this.#socket.on('message', (message) => {
      const line = asLine(message);
      if (this.#pending.isFull) intake.lose('messages there was no room for', 1);
      else if (line.length > 0) this.#pending.add(line);
    });
  }

  async start(): Promise<void> {
    const { address, port } = this.options;
    await new Promise<void>((resolve) => {
      this.#socket.on('error', (error) => {
        this.intake.state = 'failed';
        this.intake.reason = describeListenFailure(error, `${address}:${port}`);
        resolve();
      });
      this.#socket.bind({ address, port, exclusive: true }, () => {
        this.intake.state = 'running';
        this.intake.reason = '';
        resolve();
      });
    });
  }

  /** The port that was given, where 0 was asked for. */
  get port(): number | null {
    try {
      return this.#socket.address().port;
    } catch {
      return null;
    }
  }

  status(): InputStatus {
    this.#countDrops();
    return this.intake.status();
  }

  async stop(): Promise<void> {
    this.#countDrops();
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
    await settleWithin(this.#pending, this.#stopping);
    this.intake.state = 'off';
    this.intake.reason = 'stopped';
  }

  #countDrops(): void {
    if (this.port === null) return;
    const drops = kernelDrops(this.port);
    this.intake.lose(DROPS, drops - this.#drops);
    this.#drops = Math.max(this.#drops, drops);
  }
}

/** Drops of this process's socket on a port, as /proc tells them. */
function kernelDrops(port: number): number {
  const own = ownSockets();
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['udp', 'udp6']) {
    for (const line of lines(`/proc/self/net/${table}`)) {
      // sl local rem st queues tr:when retrnsmt uid timeout inode ref pointer drops
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) && own.has(fields[9]!)) return Number(fields[12]) || 0;
    }
  }
  return 0;
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

function ownSockets(): Set<string> {
  const inodes = new Set<string>();
  try {
    for (const name of readdirSync('/proc/self/fd')) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/self/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch {
    // No /proc: drops are not known.
  }
  return inodes;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
