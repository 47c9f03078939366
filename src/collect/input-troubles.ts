import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeStateFolder, writeWhole } from '../host/state-file.js';
import type { Loss } from '../model/live.js';
import { NOT_ASKED } from '../model/not-asked.js';
import type { InputStatus } from './intake.js';

/** Shorter ones are no matter: a rotation, brokers that elect anew. */
const LASTING_MS = 120_000;

/** What inputs do not take though they should, once it lasts: nobody may take what is missing for quiet. */
export class InputTroubles {
  /** Since when each is there, milliseconds of the steady clock. */
  #since = new Map<string, { loss: Loss; from: number }>();
  /** Sensors of this host that have looked. What cannot be looked at on a host at all, strategies tell by the rows that are not there. */
  readonly #haveLooked: Set<string>;
  /** How many of them the file names. */
  #kept: number;

  private constructor(
    readonly inputs: () => readonly InputStatus[],
    readonly file: string,
    haveLooked: Iterable<string>,
    readonly lastingMs: number,
  ) {
    this.#haveLooked = new Set(haveLooked);
    this.#kept = this.#haveLooked.size;
  }

  /** @param file where the names of sensors are kept: one that could look before a restart and cannot after it is missed, too */
  static async keptIn(
    file: string,
    inputs: () => readonly InputStatus[],
    lastingMs = LASTING_MS,
  ): Promise<InputTroubles> {
    const lines = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return new InputTroubles(
      inputs,
      file,
      lines.split('\n').filter((line) => line !== ''),
      lastingMs,
    );
  }

  /** To be called every few seconds. Throws when the file cannot be written; what troubles is known all the same. */
  async look(): Promise<void> {
    const now = performance.now();
    const before = this.#since;
    this.#since = new Map(
      this.inputs()
        .flatMap((input) => this.#of(input))
        .map(({ key, loss }) => [key, { loss, from: before.get(key)?.from ?? now }]),
    );
    await this.#keep();
  }

  lasting(): Loss[] {
    const now = performance.now();
    return [...this.#since.values()]
      .filter(({ from }) => now - from >= this.lastingMs)
      .map(({ loss }) => loss);
  }

  async #keep(): Promise<void> {
    const { size } = this.#haveLooked;
    if (size === this.#kept) return;
    await makeStateFolder(dirname(this.file));
    await writeWhole(this.file, [...this.#haveLooked].map((name) => `${name}\n`).join(''));
    this.#kept = size;
  }

  #of(input: InputStatus): Trouble[] {
    if (input.state === 'off') return [];
    if (input.kind === 'host') return this.#ofSensors(input);
    const { name, sources, state, reason, missed } = input;
    const told = (key: string, why: string): Trouble => ({
      key: `${name} ${key}`,
      loss: { why: `input ${name} ${why}`, sources },
    });
    if (state !== 'running')
      return [told('state', `${state === 'failed' ? 'has failed' : 'waits'}: ${reason}`)];
    return [
      ...(missed === '' ? [] : [told('missed', `does not read all: ${missed}`)]),
      ...standstills(input).map(({ at, says }) => told(at, says)),
    ];
  }

  #ofSensors({ name, sources, sensors = [] }: InputStatus): Trouble[] {
    for (const sensor of sensors) if (sensor.state !== 'off') this.#haveLooked.add(sensor.name);
    return sensors
      .filter(
        ({ name, state, reason }) => state === 'off' && reason !== NOT_ASKED && this.#haveLooked.has(name),
      )
      .map((sensor) => ({
        key: `${name} ${sensor.name}`,
        loss: { why: `${sensor.name} on ${name} looks no more: ${sensor.reason}`, sources },
      }));
  }
}

interface Trouble {
  key: string;
  loss: Loss;
}

/** Partitions with messages of which none is committed: another offset would be another key, so that only a standstill lasts. */
function standstills({ partitions = [] }: InputStatus): { at: string; says: string }[] {
  return partitions
    .filter(({ lag }) => lag !== null && lag > 0)
    .map(({ topic, partition, committed, lag }) => ({
      at: `${topic}/${partition} ${committed}`,
      says: `stands still in ${topic}, partition ${partition}, with ${lag} messages to read`,
    }));
}
