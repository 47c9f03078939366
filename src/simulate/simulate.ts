import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Container, fleetOf, type Workload } from './fleet.js';
import { type Flow, flowsOf } from './habits.js';
import { livesOf } from './lives.js';
import { drawing } from './random.js';
import { engineEvent, inspection, STATED, zeekLines } from './records.js';

const HOUR = 3600;
const DAY = 86_400;

export interface Simulation {
  seed: number;
  workloads: number;
  days: number;
  /** Epoch seconds of a midnight, UTC. */
  start: number;
}

/** 2026-11-02 00:00 UTC, a Monday. */
export const DEFAULT_START = 1_793_577_600;

export interface Simulated {
  connections: number;
  containers: number;
  workloadDays: number;
}

/**
 * Writes the logs of an ordinary fleet, a folder a day, with labels beside them. One hour is in memory at a time, whatever the number of days.
 * The same simulation gives the same bytes.
 */
export async function simulate(simulation: Simulation, folder: string): Promise<Simulated> {
  const { seed, start, days } = simulation;
  const fleet = fleetOf(seed, simulation.workloads).map((workload) => ({
    workload,
    lives: new Lives(livesOf(seed, workload, start, days)),
  }));
  const simulated: Simulated = { connections: 0, containers: 0, workloadDays: simulation.workloads * days };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'stowaway.yaml'), STATED);
  await writeFile(
    join(folder, 'labels.ndjson'),
    fleet.map(({ workload }) => labelOf(workload, simulation)).join(''),
  );
  /** What begins in one hour and goes on in the next, such as the push after a build. */
  let later: Flow[] = [];
  for (let day = 0; day < days; day++) {
    const place = join(folder, `day-${String(day + 1).padStart(3, '0')}`);
    await mkdir(place, { recursive: true });
    const logs = new Logs(place);
    for (let hour = start + day * DAY; hour < start + (day + 1) * DAY; hour += HOUR) {
      const flows = later;
      later = [];
      for (const { workload, lives } of fleet) {
        for (const container of lives.startedBefore(hour + HOUR)) {
          simulated.containers += 1;
          await logs.tellOf(workload, container);
        }
        const draw = drawing(seed, `${workload.name} ${hour}`);
        for (const container of lives.in(hour)) {
          const made = flowsOf(workload, container, hour, draw);
          for (const flow of made) {
            if (flow.at < Math.max(container.from, hour) || flow.at >= container.until) continue;
            (flow.at < hour + HOUR ? flows : later).push(flow);
          }
        }
      }
      flows.sort((a, b) => a.at - b.at);
      for (const flow of flows) await logs.tell(flow, ++simulated.connections);
    }
    await logs.close();
  }
  return simulated;
}

const labelOf = ({ name, kind, image, services }: Workload, { start, days }: Simulation): string =>
  `${JSON.stringify({ workload: `fleet/${name}`, kind, image, services, label: 'benign', from: start, until: start + days * DAY })}\n`;

/** Containers of one workload, known as far as time has come. */
class Lives {
  private known: Container[] = [];
  private next: IteratorResult<Container>;

  constructor(private readonly all: Generator<Container>) {
    this.next = all.next();
  }

  startedBefore(time: number): Container[] {
    const started: Container[] = [];
    while (!this.next.done && this.next.value.from < time) {
      started.push(this.next.value);
      this.next = this.all.next();
    }
    this.known.push(...started);
    return started;
  }

  in(hour: number): Container[] {
    this.known = this.known.filter(({ until }) => until > hour);
    return this.known;
  }
}

/** The files of one day; a full buffer waits for the disk. */
class Logs {
  private readonly streams = new Map<string, WriteStream>();

  constructor(private readonly folder: string) {}

  async tell(flow: Flow, serial: number): Promise<void> {
    const { conn, http } = zeekLines(flow, serial);
    await this.write('conn.log', conn);
    if (http !== null) await this.write('http.log', http);
  }

  async tellOf(workload: Workload, container: Container): Promise<void> {
    await this.write('inspect.ndjson', inspection(workload, container));
    await this.write(
      'engine-events.ndjson',
      engineEvent(workload, container, 'create', container.from - 0.4),
    );
    await this.write('engine-events.ndjson', engineEvent(workload, container, 'start', container.from));
    await this.write('engine-events.ndjson', engineEvent(workload, container, 'die', container.until));
  }

  async close(): Promise<void> {
    for (const stream of this.streams.values()) {
      stream.end();
      await once(stream, 'finish');
    }
  }

  private async write(name: string, line: string): Promise<void> {
    let stream = this.streams.get(name);
    if (!stream) {
      stream = createWriteStream(join(this.folder, name), { highWaterMark: 1 << 20 });
      this.streams.set(name, stream);
    }
    if (!stream.write(`${line}\n`)) await once(stream, 'drain');
  }
}
