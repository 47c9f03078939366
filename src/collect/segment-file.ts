import { type FileHandle, open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Segment } from '../model/live.js';

/** What a segment's name does not say, in a file beside it: names of inputs are no file names. */
export interface SegmentLabel {
  input: string;
  source: string | null;
}

export const LINES = '.log';
export const LABEL = '.json';

/** Sixteen digits, so that the order of names is that of their numbers. */
export const segmentName = (number: number): string => String(number).padStart(16, '0');

/**
 * One segment, of which `bytes` bytes are acknowledged. What lies behind them in the file is of no account: it is written over, or cut off.
 * The label is synced before there is a line, so that a crash leaves none without.
 */
export class SegmentFile {
  bytes = 0;
  arrived = '';
  #handle: FileHandle | null;
  /** More may lie in the file than was acknowledged. */
  #hasRest = false;

  private constructor(
    readonly path: string,
    readonly label: SegmentLabel,
    handle: FileHandle | null,
  ) {
    this.#handle = handle;
  }

  static async create(folder: string, number: number, label: SegmentLabel): Promise<SegmentFile> {
    const path = join(folder, segmentName(number));
    try {
      const beside = await open(`${path}${LABEL}`, 'wx', 0o600);
      try {
        await beside.writeFile(JSON.stringify(label));
        await beside.sync();
      } finally {
        await beside.close();
      }
      return new SegmentFile(`${path}${LINES}`, label, await open(`${path}${LINES}`, 'wx', 0o600));
    } catch (error) {
      await rm(`${path}${LINES}`, { force: true });
      await rm(`${path}${LABEL}`, { force: true });
      throw error;
    }
  }

  /** One that was found: nothing is appended to it. */
  static found(segment: Segment): SegmentFile {
    const file = new SegmentFile(segment.path, { input: segment.input, source: segment.source }, null);
    file.bytes = segment.bytes;
    file.arrived = segment.arrived;
    return file;
  }

  get isOpen(): boolean {
    return this.#handle !== null;
  }

  /** Writes behind what is acknowledged, and syncs. `acknowledge` makes it count; without that, the next write goes over it. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#handle === null) throw new Error(`${this.path} is complete`);
    this.#hasRest = true;
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.bytes + at);
      at += bytesWritten;
    }
    await this.#handle.datasync();
  }

  acknowledge(bytes: number, arrived: string): void {
    this.bytes += bytes;
    this.arrived = arrived;
    this.#hasRest = false;
  }

  /** Nothing is appended any more. After a sync that failed the kernel forgets what it could not write: no second sync is believed. */
  async seal(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => undefined);
  }

  /** True when the file holds what was acknowledged and nothing else. */
  async isSettled(): Promise<boolean> {
    if (!this.#hasRest) return true;
    try {
      await truncate(this.path, this.bytes);
      this.#hasRest = false;
    } catch {
      // Tried again when it is asked for again.
    }
    return !this.#hasRest;
  }

  async remove(): Promise<void> {
    await this.seal();
    // The lines first: a label alone means nothing.
    await rm(this.path, { force: true });
    await rm(`${this.path.slice(0, -LINES.length)}${LABEL}`, { force: true });
  }

  asSegment(): Segment {
    return { path: this.path, bytes: this.bytes, ...this.label, arrived: this.arrived };
  }
}
