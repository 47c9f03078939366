import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

/** Bytes gathered before they are written, and how long they may wait, in milliseconds. */
const CHUNK = 64 * 1024;
const DELAY = 500;

/** A file only its owner may read, to which lines are appended. An empty one is removed on close: no rows, no file. */
export class OutputFile {
  readonly fd: number;
  #pending: (string | Buffer)[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | null = null;
  #isOpen = true;

  /** `onLoss` is told how many lines could not be written, and why: a full disk must not end the sensor. */
  constructor(
    readonly path: string,
    readonly onLoss: (lines: number, reason: string) => void = () => {},
  ) {
    this.fd = openSync(path, 'a', 0o600);
  }

  /** Appends one line; `text` must hold no line break. Lines that come after close are dropped. */
  line(text: string | Buffer): void {
    if (!this.#isOpen) return;
    this.#pending.push(text, '\n');
    this.#length += text.length + 1;
    if (this.#length >= CHUNK) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), DELAY);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const bytes = Buffer.concat(
      this.#pending.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
    );
    const lines = this.#pending.length / 2;
    this.#pending = [];
    this.#length = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at);
    } catch (error) {
      this.onLoss(lines, (error as Error).message);
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.flush();
    this.#isOpen = false;
    closeSync(this.fd);
    if (statSync(this.path).size === 0) rmSync(this.path, { force: true });
  }
}
