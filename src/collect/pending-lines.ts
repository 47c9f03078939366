import type { Intake } from './intake.js';

/** Most bytes that wait in memory for an append under way. */
const MOST_BYTES = 16 * 1024 * 1024;
const NEWLINE = Buffer.from('\n');

/** Lines that come one by one: what comes while an append is under way goes with the next. */
export class PendingLines {
  #lines: Buffer[] = [];
  #bytes = 0;
  #appending: Promise<void> | null = null;

  constructor(
    readonly intake: Intake,
    readonly input: string,
    readonly signal: AbortSignal,
  ) {}

  /** Whoever adds should wait, or drop what comes. */
  get isFull(): boolean {
    return this.#bytes >= MOST_BYTES;
  }

  /** A line holds no line break. */
  add(line: Buffer): void {
    this.#lines.push(line, NEWLINE);
    this.#bytes += line.length + 1;
    this.#appending ??= this.#appendAll();
  }

  /** Settles once all that was added is synced, or the signal aborted. */
  async settled(): Promise<void> {
    while (this.#appending) await this.#appending;
  }

  async #appendAll(): Promise<void> {
    // Whoever adds in the same turn of the event loop goes along.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      const bytes = this.#bytes;
      this.#lines = [];
      try {
        await this.intake.append(Buffer.concat(lines), { input: this.input, source: null }, this.signal);
      } catch {
        // Only the signal ends an append without success.
        this.intake.lose(
          'lines that were waiting when it was stopped',
          (lines.length + this.#lines.length) / 2,
        );
        this.#lines = [];
        this.#bytes = 0;
        break;
      }
      this.#bytes -= bytes;
    }
    this.#appending = null;
  }
}
