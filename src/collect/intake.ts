import { setTimeout as sleep } from 'node:timers/promises';
import { type Journal, JournalFull } from '../model/live.js';
import type { SensorStatus } from '../sense/sense.js';

export type InputKind = 'host' | 'tail' | 'syslog' | 'kafka' | 'stdin';

/** How one input is. */
export interface InputStatus {
  /** As it is configured: a path, an address. */
  name: string;
  kind: InputKind;
  /** running: takes lines; waiting: would, but for the reason; failed: cannot; off: has ended, or was not asked for. */
  state: 'running' | 'waiting' | 'failed' | 'off';
  /** Also of what runs: what it cannot see. */
  reason: string;
  /** What is there and is not read; '' when nothing is. */
  missed: string;
  /** Ids of the sources that are told to it; none: it takes whatever comes. */
  sources: readonly string[];
  /** Journaled since it started. */
  lines: number;
  bytes: number;
  /** ISO 8601 UTC of the last line's arrival. */
  lastArrival: string | null;
  /** What is known to be lost, by kind. No entry, no known loss. */
  losses: Record<string, number>;
  /** How long it was kept waiting by a journal that was full or could not write. */
  delayedSeconds: number;
  /** Of a host: each of its sensors. */
  sensors?: SensorStatus[];
  /** Of topics: each partition that was assigned to this server. */
  partitions?: PartitionStatus[];
}

/** How far a partition of a topic was read, as the brokers said last. */
export interface PartitionStatus {
  topic: string;
  partition: number;
  /** Offset from which on nothing was committed; null: nothing ever was. */
  committed: number | null;
  /** Offset of the next message that will be written. */
  end: number;
  /** Messages that were written and are not on this server's disk; null where reading begins with what is written from now on. */
  lag: number | null;
}

/** What belongs to lines beside their text. */
export interface Origin {
  input: string;
  source: string | null;
  /** Lines they cannot be read without. */
  header?: Buffer;
}

/** Longest pause between two tries, in milliseconds: whoever waits here has nothing better to do. */
const LONGEST_PAUSE = 1000;
const NEWLINE = 10;

/** What all inputs have in common: they hand lines to the journal, wait while it is full, and count. */
export class Intake {
  state: InputStatus['state'] = 'waiting';
  reason = 'not started';
  missed = '';
  #lines = 0;
  #bytes = 0;
  #lastArrival: string | null = null;
  #delayedMs = 0;
  /** When the journal took nothing first since it took something; null while it takes. */
  #heldSince: number | null = null;
  /** Why the journal does not take what is offered; '' while it does. */
  heldUp = '';
  readonly #losses: Record<string, number> = {};

  constructor(
    readonly journal: Journal,
    readonly name: string,
    readonly kind: InputKind,
    readonly sources: readonly string[] = [],
  ) {}

  /**
   * Returns once the lines are synced, however long the journal is full.
   *
   * @throws the signal's reason when it aborts before that
   */
  async append(lines: Buffer, origin: Origin, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const refusal = await this.offer(lines, origin);
      if (refusal === null) return;
      await sleep(Math.min(pauseOf(refusal), LONGEST_PAUSE), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Returns null once the lines are synced, or why the journal did not take them: the caller comes again. */
  async offer(lines: Buffer, { input, source, header }: Origin): Promise<Error | null> {
    try {
      await this.journal.append(input, lines, source, header);
    } catch (error) {
      this.heldUp = `waits for the journal: ${(error as Error).message}`;
      this.#heldSince ??= performance.now();
      return error as Error;
    }
    this.heldUp = '';
    this.#delayedMs = this.#delayed();
    this.#heldSince = null;
    this.#lines += countLines(lines);
    this.#bytes += lines.length;
    this.#lastArrival = new Date().toISOString();
    return null;
  }

  lose(kind: string, count: number): void {
    if (count > 0) this.#losses[kind] = (this.#losses[kind] ?? 0) + count;
  }

  status(): InputStatus {
    return {
      name: this.name,
      kind: this.kind,
      state: this.heldUp === '' ? this.state : 'waiting',
      reason: [this.heldUp, this.reason].filter((text) => text !== '').join('; '),
      missed: this.missed,
      sources: this.sources,
      lines: this.#lines,
      bytes: this.#bytes,
      lastArrival: this.#lastArrival,
      losses: { ...this.#losses },
      delayedSeconds: Math.round(this.#delayed() / 100) / 10,
    };
  }

  #delayed(): number {
    return this.#delayedMs + (this.#heldSince === null ? 0 : performance.now() - this.#heldSince);
  }
}

/** How long whoever was refused is asked to wait, in milliseconds. */
export const pauseOf = (refusal: Error): number =>
  refusal instanceof JournalFull ? refusal.retryAfterSeconds * 1000 : LONGEST_PAUSE;

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return bytes.at(-1) === NEWLINE ? lines : lines + 1;
}
