import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath } from 'tinyglobby';
import { Engine, findEngineSocket } from '../engine/engine.js';
import type { HeaderFinder } from '../ingest/table.js';
import { NOT_ASKED } from '../model/not-asked.js';
import { isRotated, originalName } from '../sense/rotation.js';
import { type SensorStatus, type Sensors, startSensors } from '../sense/sense.js';
import { Checkpoints } from './checkpoints.js';
import type { InputStatus, Intake } from './intake.js';
import { Tail } from './tail.js';

export interface HostOptions {
  /** Where sensors write before it is journaled. */
  folder: string;
  finder: HeaderFinder;
  /** Default: the first of the usual sockets that is there. */
  engineSocket?: string;
  accounting: boolean;
  pollMs?: number;
  rotateBytes?: number;
}

/** A sensor's log that has this much makes room for another, and is removed once it is journaled. */
const ROTATE_BYTES = 16 * 1024 * 1024;

/** The sensors of this host. They write files, which are tailed: what a crash leaves there is journaled afterwards. */
export class HostInput {
  #sensors: Sensors | null = null;
  #tail: Tail | null = null;

  constructor(
    readonly intake: Intake,
    readonly options: HostOptions,
  ) {}

  async start(): Promise<void> {
    const {
      folder,
      finder,
      engineSocket = findEngineSocket(),
      accounting,
      rotateBytes = ROTATE_BYTES,
    } = this.options;
    const logs = join(folder, 'logs');
    try {
      // How sensors are is asked of them; a list of all runs would only grow.
      await rm(join(logs, 'sense.json'), { force: true });
      this.#sensors = await startSensors({
        folder: logs,
        engine: new Engine(engineSocket),
        accounting,
        rotateBytes,
      });
      this.#tail = new Tail(this.intake, {
        path: `${escapePath(logs)}/*.{ndjson,txt}*`,
        source: null,
        checkpoints: await Checkpoints.open(join(folder, 'checkpoints.json')),
        finder,
        isSpent: isRotated,
        nameOf: originalName,
        ...(this.options.pollMs !== undefined && { pollMs: this.options.pollMs }),
      });
      this.#tail.start();
    } catch (error) {
      this.intake.state = 'failed';
      this.intake.reason = (error as Error).message;
      await this.#sensors?.stop();
      this.#sensors = null;
    }
  }

  /** Running while some sensor looks; the reason says what each of the others, or a part of it, cannot see. */
  status(): InputStatus {
    const base = this.intake.status();
    const sensors = this.#sensors?.status() ?? [];
    if (this.#sensors === null) return base;
    const looks = sensors.some(({ state }) => state !== 'off');
    const isHeldUp = this.intake.heldUp !== '';
    return {
      ...base,
      state: base.state === 'off' || isHeldUp ? base.state : looks ? 'running' : 'failed',
      reason: [isHeldUp || base.state === 'off' ? base.reason : '', ...sensors.map(describe)]
        .filter((text) => text !== '')
        .join('; '),
      losses: { ...base.losses, ...Object.assign({}, ...sensors.map(lossesOf)) },
      sensors,
    };
  }

  /** What was not journaled by then is when it starts again. */
  async stop(): Promise<void> {
    await this.#sensors?.stop();
    await this.#tail?.stop();
  }
}

const describe = ({ name, state, reason }: SensorStatus): string =>
  reason === '' || reason === NOT_ASKED ? '' : `${name} is ${state}: ${reason}`;

const lossesOf = ({ name, losses }: SensorStatus): Record<string, number> =>
  Object.fromEntries(Object.entries(losses).map(([kind, count]) => [`${kind} (${name})`, count]));
