import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hasRoomToRotate, NO_ROOM, rotatedName } from './rotation.js';

/** Bytes gathered before they are written, and how long they may wait, in milliseconds. */
const CHUNK = 64 * 1024;
const DELAY = 500;

/** A file only its owner may read, to which lines are appended. An empty one is removed on close: no rows, no file. */
export class OutputFile {
  /** How many files of this name came before. */
  rotations = 0;
  #fd: number;
  #written: number;
  #pending: (string | Buffer)[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | null = null;
  #isOpen = true;

  /**
   * `onLoss` is told how many lines could not be written, and why: a full disk must not end the sensor. A file that has `rotateBytes` gets
   * another name, and a new one takes its place; where too many wait already, lines are lost.
   */
  constructor(
    readonly path: string,
    readonly onLoss: (lines: number, reason: string) => void = () => {},
    readonly rotateBytes = Number.POSITIVE_INFINITY,
  ) {
    this.#fd = openSync(path, 'a', 0o600);
    this.#written = statSync(path).size;
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
    if (lines === 0) return;
    this.#pending = [];
    this.#length = 0;
    try {
      if (this.#isLarge && !hasRoomToRotate(this.path)) throw new Error(NO_ROOM);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
      this.#written += bytes.length;
      // At once, so that whoever adds the next line can tell that it begins a file.
      if (this.#isLarge && hasRoomToRotate(this.path)) this.#rotate();
    } catch (error) {
      this.onLoss(lines, (error as Error).message);
    }
  }

  get #isLarge(): boolean {
    return this.#written >= this.rotateBytes;
  }

  /** Where there is no new file to be had, the old one goes on. */
  #rotate(): void {
    const old = this.#fd;
    const away = rotatedName(this.path);
    renameSync(this.path, away);
    try {
      this.#fd = openSync(this.path, 'a', 0o600);
    } catch {
      renameSync(away, this.path);
      return;
    }
    this.#written = 0;
    this.rotations += 1;
    closeSync(old);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.flush();
    this.#isOpen = false;
    closeSync(this.#fd);
    if (statSync(this.path).size === 0) rmSync(this.path, { force: true });
  }
}
