import { appendFile } from 'node:fs/promises';

/** Handed to the disk at once: asking it for each line takes longer than making the lines. */
const HELD_BYTES = 128 * 1024;
const SAMPLES = 20;
/** A sample is cut here. */
const SAMPLE_LENGTH = 65_536;

/** A file that is written line by line, and what recognition wants to know of it. Await each call; no handle is open in between. */
export class SpoolFile {
  rows = 0;
  /** Of its first rows. */
  readonly samples: string[] = [];
  #held: Buffer | null = null;
  #length = 0;

  constructor(readonly path: string) {}

  /** A line that is a row. */
  async row(text: string): Promise<void> {
    this.count(text);
    await this.write(`${text}\n`);
  }

  /** Notes a row that is written otherwise. */
  count(text: string): void {
    this.rows += 1;
    if (this.samples.length < SAMPLES) this.samples.push(text.slice(0, SAMPLE_LENGTH));
  }

  async write(text: string | Buffer): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (this.#length + bytes.length > HELD_BYTES) await this.#flush();
    if (bytes.length > HELD_BYTES) return appendFile(this.path, bytes);
    this.#held ??= Buffer.allocUnsafe(HELD_BYTES);
    this.#length += bytes.copy(this.#held, this.#length);
  }

  /** The file is there from now on, however little it holds. */
  async end(): Promise<void> {
    await this.#flush();
    this.#held = null;
  }

  async #flush(): Promise<void> {
    await appendFile(this.path, this.#held?.subarray(0, this.#length) ?? '');
    this.#length = 0;
  }
}
