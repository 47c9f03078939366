import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../engine/engine.js';
import { LineSplitter } from '../host/lines.js';
import { OutputFile } from './output-file.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';

/** Time between two tries to reach the engine again, in milliseconds. */
const RETRY = 500;

interface EngineEvent {
  Type?: string;
  Action?: string;
  timeNano?: number;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

/** Events of the engine as it tells them, and every container and network as it describes them when they come up. */
export class EngineSensor implements Sensor {
  readonly #engine: Engine;
  readonly #events: OutputFile;
  readonly #inspected: OutputFile;
  readonly #networks: OutputFile;
  readonly #report: Report;
  readonly #stopping = new AbortController();
  readonly #knownNetworks = new Set<string>();
  readonly #asked = new Set<Promise<void>>();
  #followed: Promise<void> = Promise.resolve();
  /** Nanoseconds since the epoch of the last event, to ask for what came after it. */
  #last = 0n;

  constructor(engine: Engine, folder: string, rotateBytes?: number) {
    this.#engine = engine;
    const at = (name: string) => join(folder, name);
    const paths = [at('engine-events.ndjson'), at('inspect.ndjson'), at('networks.ndjson')] as const;
    this.#report = new Report('engine', [...paths]);
    this.#events = new OutputFile(paths[0], this.#report.loseLines, rotateBytes);
    this.#inspected = new OutputFile(paths[1], this.#report.loseLines, rotateBytes);
    this.#networks = new OutputFile(paths[2], this.#report.loseLines, rotateBytes);
  }

  /** The stream is opened before the containers are listed, so that none is missed in between. */
  async start(): Promise<void> {
    try {
      const stream = await this.#open();
      this.#report.on();
      this.#followed = this.#follow(stream);
      await this.#takeStock();
    } catch (error) {
      this.#report.interrupt((error as Error).message);
      this.#followed = this.#follow(null);
    }
  }

  status(): SensorStatus {
    return this.#report.status();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#followed;
    await Promise.allSettled(this.#asked);
    for (const file of [this.#events, this.#inspected, this.#networks]) file.close();
  }

  #open(): Promise<AsyncIterable<Buffer>> {
    const since = this.#last === 0n ? '' : `?since=${this.#last / 1_000_000_000n}`;
    return this.#engine.stream(`/events${since}`, this.#stopping.signal);
  }

  /** Reads events until told to stop; where the engine goes away, comes back when it does. */
  async #follow(first: AsyncIterable<Buffer> | null): Promise<void> {
    let stream = first;
    while (!this.#stopping.signal.aborted) {
      let why: string;
      try {
        if (stream === null) {
          stream = await this.#open();
          this.#report.on();
          await this.#takeStock();
        }
        const lines = new LineSplitter();
        for await (const bytes of stream) for (const line of lines.push(bytes)) this.#take(line);
        why = 'the engine ended its events';
      } catch (error) {
        why = (error as Error).message;
      }
      if (this.#stopping.signal.aborted) return;
      stream = null;
      this.#report.interrupt(`the engine went away: ${why}`);
      await sleep(RETRY, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  #take(line: Buffer): void {
    if (line.length === 0) return;
    this.#events.line(Buffer.from(line));
    let event: EngineEvent;
    try {
      event = JSON.parse(line.toString('utf8')) as EngineEvent;
    } catch {
      this.#report.lose('unreadable events', 1);
      return;
    }
    if (typeof event.timeNano === 'number') this.#last = BigInt(Math.trunc(event.timeNano));
    const { Type: type, Action: action, Actor: actor } = event;
    if (type === 'container' && action === 'start' && actor?.ID) this.#later(this.#inspect(actor.ID, true));
    if (type === 'network' && action === 'connect') {
      // Docker names the container in an attribute, Podman as the actor.
      const container = actor?.Attributes?.container ?? actor?.ID;
      if (container) this.#later(this.#inspect(container, false));
    }
    // Podman tells nothing of new networks: they are found when a container starts in one.
    if ((type === 'network' && action === 'create') || (type === 'container' && action === 'start'))
      this.#later(this.#listNetworks());
  }

  #later(asked: Promise<void>): void {
    this.#asked.add(asked);
    void asked.finally(() => this.#asked.delete(asked));
  }

  async #takeStock(): Promise<void> {
    const running = await this.#engine.get<{ Id: string }[]>('/containers/json');
    await Promise.all([this.#listNetworks(), ...running.map(({ Id }) => this.#inspect(Id, true))]);
  }

  /**
   * A container that is gone before it is asked for is counted: its address will be nobody's. One that is being made joins its
   * networks before it runs; it is described when it starts.
   */
  async #inspect(container: string, hasStarted: boolean): Promise<void> {
    try {
      const path = `/containers/${encodeURIComponent(container)}/json`;
      const answer = await this.#engine.get<{ State?: { Running?: boolean } }>(path);
      if (hasStarted || answer.State?.Running) this.#inspected.line(JSON.stringify(answer));
    } catch {
      if (hasStarted && !this.#stopping.signal.aborted) this.#report.lose('container inspections', 1);
    }
  }

  async #listNetworks(): Promise<void> {
    try {
      for (const network of await this.#engine.get<{ Id: string; IPAM?: unknown }[]>('/networks')) {
        const key = JSON.stringify([network.Id, network.IPAM]);
        if (this.#knownNetworks.has(key)) continue;
        this.#knownNetworks.add(key);
        this.#networks.line(JSON.stringify(network));
      }
    } catch {
      if (!this.#stopping.signal.aborted) this.#report.lose('network listings', 1);
    }
  }
}
