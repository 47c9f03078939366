import { createServer, type Server, type Socket } from 'node:net';
import type { InputStatus, Intake } from './intake.js';
import { PendingLines } from './pending-lines.js';
import { asLine, SyslogFrames } from './syslog-frames.js';

export interface ListenOptions {
  address: string;
  port: number;
  /** Connections at once. */
  maxConnections?: number;
  /** A connection that says nothing for so long is closed. */
  idleMs?: number;
}

const MOST_CONNECTIONS = 256;
const IDLE = 3_600_000;
/** How long what was received may take to be journaled when it is stopped. */
const PATIENCE = 5_000;

/** Syslog by TCP. The protocol has no acknowledgement: while the journal is full nothing is read, and senders wait. */
export class SyslogTcp {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #stopping = new AbortController();
  readonly #pending: PendingLines;

  constructor(
    readonly intake: Intake,
    readonly options: ListenOptions,
  ) {
    this.#pending = new PendingLines(intake, 'syslog:tcp', this.#stopping.signal);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = options.maxConnections ?? MOST_CONNECTIONS;
    this.#server.on('drop', () => intake.lose('connections refused, since there were too many', 1));
  }

  async start(): Promise<void> {
    const { address, port } = this.options;
    await new Promise<void>((resolve) => {
      this.#server.once('error', (error) => {
        this.intake.state = 'failed';
        this.intake.reason = describeListenFailure(error, `${address}:${port}`);
        resolve();
      });
      this.#server.listen({ host: address, port }, () => {
        this.intake.state = 'running';
        this.intake.reason = '';
        resolve();
      });
    });
  }

  /** The port that was given, where 0 was asked for. */
  get port(): number | null {
    const bound = this.#server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : null;
  }

  status(): InputStatus {
    return this.intake.status();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await settleWithin(this.#pending, this.#stopping);
    this.intake.state = 'off';
    this.intake.reason = 'stopped';
  }

  #accept(socket: Socket): void {
    const frames = new SyslogFrames();
    this.#sockets.add(socket);
    socket.setTimeout(this.options.idleMs ?? IDLE, () => {
      // One that is held back does not say nothing: it is not listened to.
      if (!socket.isPaused()) socket.destroy();
    });
    socket.on('data', (bytes) => {
      this.#keep(frames.push(bytes), frames);
      if (this.#pending.isFull) this.#holdBack(socket);
    });
    // Who breaks off has said what it said.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#keep(frames.end(), frames);
      this.#sockets.delete(socket);
    });
  }

  #keep(messages: Buffer[], frames: SyslogFrames): void {
    for (const message of messages) {
      const line = asLine(message);
      if (line.length > 0) this.#pending.add(line);
    }
    this.intake.lose('messages that are too long', frames.overlong);
    this.intake.lose('messages cut off by the end of their connection', frames.unfinished);
    frames.overlong = 0;
    frames.unfinished = 0;
  }

  #holdBack(socket: Socket): void {
    socket.pause();
    void this.#pending.settled().then(() => socket.resume());
  }
}

export function describeListenFailure(error: NodeJS.ErrnoException, where: string): string {
  if (error.code === 'EADDRINUSE') return `${where} is in use by another program; choose another port`;
  if (error.code === 'EACCES') return `no permission to listen on ${where}; choose a port above 1023`;
  if (error.code === 'EADDRNOTAVAIL') return `${where} is no address of this host`;
  return `cannot listen on ${where}: ${error.message}`;
}

/** Lets what was received reach the journal, but not for ever. */
export async function settleWithin(pending: PendingLines, stopping: AbortController): Promise<void> {
  const timer = setTimeout(() => stopping.abort(), PATIENCE);
  await pending.settled();
  clearTimeout(timer);
  stopping.abort();
}
