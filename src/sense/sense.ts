import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { isNetnsName } from '../host/programs.js';
import { NOT_ASKED } from '../model/not-asked.js';
import { Activity, type ActivityMeans } from './activity.js';
import { EngineSensor } from './engine-sensor.js';
import { FirewallSensor } from './firewall-sensor.js';
import { FlowEventSensor } from './flow-event-sensor.js';
import { FlowPollSensor } from './flow-poll-sensor.js';
import { KernelSettings, restoreAbandoned } from './kernel-settings.js';
import type { Sensor, SensorStatus } from './sensor.js';

export type { SensorStatus } from './sensor.js';

export interface SenseOptions {
  /** Where logs are written; made with mode 0700 when it is missing. */
  folder: string;
  engine: Engine;
  /** Name under /run/netns: the network is watched from inside it. Default: this process's own network. */
  netns?: string;
  /** Switch on byte counters and start times of connections while the sensors run. Default: false, the kernel is left as it is. */
  accounting?: boolean;
  /** How commands and files of containers are watched; false: not at all. Default: best. */
  activity?: ActivityMeans | false;
  /** Log first packets of forwarded connections with a table of our own in the firewall. Default: false. */
  firewall?: boolean;
  /** Seconds between two readings of the connection table. Default: 1; longer where one takes too long. */
  pollSeconds?: number;
  /** A log that has so many bytes is renamed and followed by a new one, for whoever reads and removes them. Default: each log is one file. */
  rotateBytes?: number;
}

export interface Sensors {
  status(): SensorStatus[];
  /** Ends everything that was started, puts kernel settings back, completes the files and writes sense.json. May be called again. */
  stop(): Promise<void>;
}

/** Nothing can be watched at all. */
export class SenseError extends Error {
  override name = 'SenseError';
}

/** One run as sense.json tells it. `stopped` is missing when it still runs or crashed. */
interface Run {
  started: string;
  stopped?: string;
  host: string;
  netns?: string;
  engineSocket: string;
  sensors: SensorStatus[];
}

/** How often sense.json is renewed while the sensors run, in milliseconds. */
const RENEWAL = 10_000;

/**
 * Starts every sensor that was asked for, at once. One that cannot run says so in its status and does not keep the others from
 * running. Throws a SenseError only when there is nowhere to write or the network namespace does not exist.
 */
export async function startSensors(options: SenseOptions): Promise<Sensors> {
  const { engine } = options;
  const netns = options.netns ?? null;
  const folder = resolve(options.folder);
  if (netns !== null && !isNetnsName(netns))
    throw new SenseError(`${netns} is no name of a network namespace`);
  if (netns !== null && !existsSync(`/run/netns/${netns}`))
    throw new SenseError(`there is no network namespace /run/netns/${netns}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  } catch (error) {
    throw new SenseError(`${folder} cannot be written`, { cause: error });
  }
  await restoreAbandoned();
  const { rotateBytes } = options;
  const flows = { folder, netns, ...(rotateBytes !== undefined && { rotateBytes }) };
  const sensors: Sensor[] = [
    new EngineSensor(engine, folder, rotateBytes),
    new FlowEventSensor({ ...flows, accounting: options.accounting ?? false }, new KernelSettings(netns)),
    new FlowPollSensor({ ...flows, pollSeconds: options.pollSeconds ?? 1 }),
    options.activity === false
      ? new Unasked('activity')
      : new Activity(folder, options.activity ?? 'best', rotateBytes),
    options.firewall ? new FirewallSensor(folder, netns) : new Unasked('firewall'),
  ];
  const run: Run = {
    started: new Date().toISOString(),
    host: hostname(),
    ...(netns !== null && { netns }),
    engineSocket: engine.socketPath,
    sensors: [],
  };
  const status = () => sensors.map((sensor) => sensor.status());
  const earlier = earlierRuns(folder);
  const note = () => {
    run.sensors = status();
    const text = JSON.stringify({ version: 1, runs: [...earlier, run] }, null, 2);
    writeFileSync(join(folder, 'sense.json'), `${text}\n`, { mode: 0o600 });
  };
  try {
    await Promise.all(sensors.map((sensor) => sensor.start()));
    note();
  } catch (cause) {
    // The folder or the namespace went away meanwhile: those that run would go on unheard.
    await Promise.allSettled(sensors.map((sensor) => sensor.stop()));
    throw new SenseError('the sensors could not be started', { cause });
  }
  const renewal = setInterval(note, RENEWAL);
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    clearInterval(renewal);
    const results = await Promise.allSettled(sensors.map((sensor) => sensor.stop()));
    run.stopped = new Date().toISOString();
    note();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw new SenseError('a sensor could not be stopped cleanly', { cause: failed.reason });
  };
  return {
    status,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** A sensor nobody asked for; it is listed, so that nobody takes it for one that saw nothing. */
class Unasked implements Sensor {
  constructor(readonly name: string) {}
  async start(): Promise<void> {}
  status(): SensorStatus {
    return { name: this.name, state: 'off', reason: NOT_ASKED, files: [], losses: {}, gaps: [] };
  }
  async stop(): Promise<void> {}
}

/** Runs that wrote into this folder before. */
function earlierRuns(folder: string): unknown[] {
  try {
    const { runs } = JSON.parse(readFileSync(join(folder, 'sense.json'), 'utf8')) as { runs?: unknown };
    return Array.isArray(runs) ? runs : [];
  } catch {
    return [];
  }
}
