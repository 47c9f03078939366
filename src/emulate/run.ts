import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ContainerSpec, Emulation, Step } from '../model/emulation.js';
import { type SensorStatus, type Sensors, startSensors } from '../sense/sense.js';
import { KEPT_BY_SERVERS } from './lab/code-services.js';
import { sleep } from './lab/commands.js';
import type { EngineKind } from './lab/engine-kinds.js';
import type { Lab } from './lab/lab.js';
import { SINK_LOG } from './lab/services.js';
import { EmulationError, mentions, openLab } from './open-lab.js';

export interface RunOptions {
  /** Whose containers attack: the first that can run here. Those that cannot are taken off, so that each is tried once. */
  engines: EngineKind[];
  /** What happens, as it happens. */
  onProgress?: (what: string) => void;
  signal?: AbortSignal;
}

export interface Arrival {
  bytes: number;
  /** Of the first and the last bytes, epoch seconds; null before any came. */
  firstAt: number | null;
  lastAt: number | null;
}

/** A run whose attack is under way. */
export interface LiveRun {
  emulation: Emulation;
  lab: Lab;
  sensors: Sensors;
  /** Folder the sensors write into. */
  logs: string;
  /** stowaway.yaml of the emulation; null when it has none. */
  config: string | null;
  /** Epoch milliseconds at which the attack began. */
  startedAt: number;
  /** Settles with the attack. */
  detonation: Promise<void>;
  /** What reached the destinations so far. */
  arrived(): Promise<Arrival>;
}

/** Counters of connections that ended reach the sensors within this time. */
const SETTLE_MS = 6_000;

/**
 * Warms an emulation up, detonates it, and cleans up whatever happened. `during` is called when the attack begins; the
 * sensors go on until it and the attack are done.
 */
export async function runEmulation<T>(
  emulation: Emulation,
  options: RunOptions,
  during: (live: LiveRun) => Promise<T>,
): Promise<{ value: T; sensors: SensorStatus[] }> {
  const say = options.onProgress ?? (() => undefined);
  const lab = await openLab(emulation, options.engines, say);
  const abort = () => void lab.close();
  options.signal?.addEventListener('abort', abort, { once: true });
  let sensors: Sensors | null = null;
  try {
    // Told to end while the lab was being opened.
    options.signal?.throwIfAborted();
    const needed = lab.missing.filter((program) => mentions(emulation, program));
    if (needed.length > 0)
      throw new EmulationError(`needs ${needed.join(', ')}, which this machine does not have`);
    const logs = lab.path('logs');
    await mkdir(logs, { mode: 0o700 });
    await lab.serve(emulation.services);
    const config = await writeConfig(lab, emulation);
    const names = emulation.services;
    for (const spec of emulation.containers) await lab.start(spec, names);
    say('warming up');
    const truth = lab.path('ground-truth.ndjson');
    await writeFile(truth, '');
    const stage = new Stage(lab, emulation, truth);
    await stage.play(emulation.warmup, 'warmup');
    sensors = await startSensors({
      folder: logs,
      engine: lab.engine,
      netns: lab.hostNamespace,
      accounting: true,
    });
    say('detonating');
    const startedAt = Date.now();
    const detonation = stage.play(emulation.detonate, 'detonate');
    detonation.catch(() => undefined);
    const live: LiveRun = {
      ...{ emulation, lab, sensors, logs, config, startedAt, detonation },
      arrived: () => arrived(lab, startedAt / 1000),
    };
    const value = await during(live);
    await detonation;
    return { value, sensors: sensors.status() };
  } finally {
    options.signal?.removeEventListener('abort', abort);
    say('cleaning up');
    await sensors?.stop().catch(() => undefined);
    await lab.close();
  }
}

/** Waits until the attack is over and its last counters were read. */
export async function settled(live: LiveRun): Promise<void> {
  await live.detonation;
  await sleep(SETTLE_MS);
}

async function writeConfig(lab: Lab, emulation: Emulation): Promise<string | null> {
  if (emulation.config === undefined) return null;
  const file = lab.path('stowaway.yaml');
  await writeFile(file, stringify(emulation.config));
  return file;
}

/** Plays steps and writes down what was done, when, and how it ended. */
class Stage {
  constructor(
    readonly lab: Lab,
    readonly emulation: Emulation,
    readonly truth: string,
  ) {}

  async play(steps: Step[], phase: 'warmup' | 'detonate'): Promise<void> {
    for (const step of steps) {
      if ('sleep' in step) await sleep(step.sleep * 1000);
      else if ('together' in step) await Promise.all(step.together.map((each) => this.play(each, phase)));
      else if ('repeat' in step) await this.#repeat(step, phase);
      else if ('copyOut' in step)
        await this.#tell(phase, step.copyOut, `copy out ${step.path}`, () =>
          this.lab.copyOut(step.copyOut, step.path),
        );
      else if ('copyIn' in step)
        await this.#tell(phase, step.copyIn, `copy into ${step.path}`, () =>
          this.lab.copyIn(step.copyIn, step.from, step.path),
        );
      else if ('exec' in step) await this.#tell(phase, step.exec, step.run, () => this.#exec(step));
      else await this.#tell(phase, step.start, step.run, () => this.#start(step));
    }
  }

  async #repeat(step: Extract<Step, { repeat: number }>, phase: 'warmup' | 'detonate'): Promise<void> {
    const from = Date.now();
    for (let turn = 0; turn < step.repeat; turn++) {
      const due =
        from +
        turn * step.every * 1000 +
        (turn === 0 ? 0 : (Math.random() * 2 - 1) * (step.jitter ?? 0) * 1000);
      await sleep(Math.max(0, due - Date.now()));
      await this.play(step.steps, phase);
    }
  }

  async #exec(step: Extract<Step, { exec: string }>): Promise<void> {
    const { exitCode, stderr } = await this.lab.exec(step.exec, step.run);
    if (exitCode !== 0)
      throw new EmulationError(`${step.exec}: exit code ${exitCode}: ${stderr.trim().slice(0, 300)}`);
  }

  async #start(step: Extract<Step, { start: string }>): Promise<void> {
    const spec: ContainerSpec = {
      ...{ name: step.start, command: [], network: 'workloads' },
      ...{ volumes: step.volumes ?? [], labels: step.labels ?? {} },
    };
    const image = step.image === 'replaced' ? await this.lab.replacedImage() : undefined;
    const id = await this.lab.start(spec, this.emulation.services, { run: step.run, image });
    const exitCode = await this.lab.wait(id);
    await this.lab.remove(id);
    if (exitCode !== 0) throw new EmulationError(`${step.start}: exit code ${exitCode}`);
  }

  async #tell(
    phase: string,
    container: string,
    command: string | string[],
    work: () => Promise<void>,
  ): Promise<void> {
    const from = Date.now() / 1000;
    let failure: string | null = null;
    try {
      await work();
    } catch (error) {
      failure = (error as Error).message;
      throw error;
    } finally {
      const line = { from, to: Date.now() / 1000, phase, container, command, failure };
      await appendFile(this.truth, `${JSON.stringify(line)}\n`);
    }
  }
}

/** What the destinations themselves say: the sinks' log, and the files that FTP, SSH and registries wrote. */
async function arrived(lab: Lab, since: number): Promise<Arrival> {
  const text = await readFile(lab.path(SINK_LOG), 'utf8').catch(() => '');
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { time: number; bytes: number })
    .filter((line) => line.time >= since);
  const files = await Promise.all(
    ['ftp/upload', 'sftp', ...Object.values(KEPT_BY_SERVERS)].map((folder) =>
      filesIn(lab.path(folder), since),
    ),
  );
  const all = [...lines, ...files.flat()];
  return {
    bytes: all.reduce((sum, one) => sum + one.bytes, 0),
    firstAt: all.length === 0 ? null : Math.min(...all.map((one) => one.time)),
    lastAt: all.length === 0 ? null : Math.max(...all.map((one) => one.time)),
  };
}

async function filesIn(folder: string, since: number): Promise<{ time: number; bytes: number }[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  // A server may rename a file while it is looked at.
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return found
    .filter((info) => info?.isFile())
    .map((info) => ({ time: info!.birthtimeMs / 1000, bytes: info!.size }))
    .filter((file) => file.time >= since);
}
