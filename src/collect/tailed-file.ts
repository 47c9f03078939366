import { type FileHandle, open, unlink } from 'node:fs/promises';
import { MAX_LINE_BYTES } from '../ingest/scan.js';
import type { HeaderFinder } from '../ingest/table.js';
import { type Checkpoint, MARK_BYTES, type Mark, markOfBytes } from './checkpoints.js';
import { Headers } from './headers.js';
import { withoutOpenEvent } from './open-event.js';

/** What was found behind the offset. */
export interface Piece {
  /** Whole lines, or none. */
  lines: Buffer;
  /** All that was read, of which `lines` is the part to be kept. */
  read: Buffer;
  /** A line begins here that is too long to be one. */
  beginsOverlong: boolean;
  /** A line that is too long goes on behind it. */
  isSkipping: boolean;
}

const PIECE_BYTES = 1024 * 1024;
/** An event in several lines is complete when nothing was added for so long, in milliseconds. */
const SETTLED = 1000;
const NEWLINE = 10;

/** One file that is followed, known by device and inode, whatever its name becomes. */
export class TailedFile {
  offset = 0;
  headers: Headers;
  /** How large it was when it last held what was read of it. */
  size = 0;
  #head: Buffer = Buffer.alloc(0);
  #last: Buffer = Buffer.alloc(0);
  #isSkipping = false;
  #handle: FileHandle | null = null;
  #changedMs = -1;

  constructor(
    readonly key: string,
    readonly name: string,
    /** Where it is found at this time. */
    public path: string,
    readonly finder: HeaderFinder,
  ) {
    this.headers = new Headers(finder);
  }

  /** Marks all of it as read: what it holds was read another way. */
  async passOver(): Promise<void> {
    const handle = await this.#open();
    const { size } = await handle.stat();
    this.offset = size;
    this.#head = await readAt(handle, 0, Math.min(size, MARK_BYTES));
    this.#last = await readAt(handle, Math.max(0, size - MARK_BYTES), Math.min(size, MARK_BYTES));
  }

  /** Goes on from a checkpoint. False when the file is not what was read then. */
  async resume(checkpoint: Checkpoint): Promise<boolean> {
    const { offset, head, last } = checkpoint;
    const handle = await this.#open();
    const first = await matching(handle, 0, head);
    const before = await matching(handle, offset - last.bytes, last);
    if (first === null || before === null) return false;
    this.offset = offset;
    this.#head = first;
    this.#last = before;
    this.headers = new Headers(this.finder, checkpoint.headers);
    this.#isSkipping = checkpoint.isSkipping;
    return true;
  }

  get checkpoint(): Checkpoint {
    return {
      key: this.key,
      name: this.name,
      offset: this.offset,
      head: markOfBytes(this.#head),
      last: markOfBytes(this.#last),
      headers: this.headers.state,
      isSkipping: this.#isSkipping,
      isCompressed: false,
      seen: new Date().toISOString(),
    };
  }

  /** Nothing is known to have happened since all of it was read, and it is not held open. */
  isAsleep(size: number, mtimeMs: number): boolean {
    return this.#handle === null && size === this.offset && mtimeMs === this.#changedMs;
  }

  /** How long ago it changed. */
  async quietMs(): Promise<number> {
    const { mtimeMs } = await (await this.#open()).stat();
    return Date.now() - mtimeMs;
  }

  /** What comes next; null when that is nothing yet, 'changed' when what was read before is no longer there. */
  async next(): Promise<Piece | 'changed' | null> {
    const handle = await this.#open();
    const { size, mtimeMs } = await handle.stat();
    if (size < this.offset) return 'changed';
    if (size === this.offset && mtimeMs === this.#changedMs) return null;
    if (!(await readAt(handle, 0, this.#head.length)).equals(this.#head)) return 'changed';
    const before = this.size;
    this.size = size;
    const piece = await this.#read(handle, PIECE_BYTES);
    if (piece === 'changed') this.size = before;
    if (piece !== null && piece !== 'changed' && Date.now() - mtimeMs < SETTLED)
      return this.#whileOpen(piece);
    if (piece === null) this.#changedMs = mtimeMs;
    return piece;
  }

  /** At the end of a file that grows, the last event may still go on. */
  #whileOpen(piece: Piece): Piece | null {
    const isEnd = this.offset + piece.lines.length === this.size;
    if (!isEnd || piece.lines.length === 0) return piece;
    const lines = withoutOpenEvent(piece.lines);
    return lines.length === 0 ? null : { ...piece, lines, read: lines };
  }

  /** What stands behind the last newline of a file to which nobody adds any more. */
  async rest(): Promise<Piece | null> {
    const handle = await this.#open();
    const { size } = await handle.stat();
    const read = await readAt(handle, this.offset, Math.max(0, Math.min(size - this.offset, MAX_LINE_BYTES)));
    if (read.length === 0) return null;
    const lines = this.#isSkipping ? Buffer.alloc(0) : read;
    return { lines, read, beginsOverlong: false, isSkipping: false };
  }

  /** The piece is in the journal. */
  advance({ lines, read, isSkipping }: Piece): void {
    this.offset += read.length;
    if (this.#head.length < MARK_BYTES)
      this.#head = Buffer.concat([this.#head, read.subarray(0, MARK_BYTES - this.#head.length)]);
    this.#last = Buffer.concat([this.#last, read.subarray(-MARK_BYTES)]).subarray(-MARK_BYTES);
    this.#isSkipping = isSkipping;
    this.headers.pass(lines);
  }

  /** It begins anew: somebody truncated it, or wrote it again. */
  restart(): void {
    this.offset = 0;
    this.#head = Buffer.alloc(0);
    this.#last = Buffer.alloc(0);
    this.#isSkipping = false;
    this.headers = new Headers(this.finder);
  }

  async remove(): Promise<void> {
    await unlink(this.path);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  /** The bytes before the offset are read together with those behind it, so that nobody changes them in between. */
  async #read(handle: FileHandle, bytes: number): Promise<Piece | 'changed' | null> {
    const before = this.#last.length;
    const all = await readAt(handle, this.offset - before, before + Math.min(bytes, this.size - this.offset));
    if (!all.subarray(0, before).equals(this.#last)) return 'changed';
    const found = all.subarray(before);
    if (this.#isSkipping) return skip(found);
    const end = found.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const lines = found.subarray(0, end);
      return { lines, read: lines, beginsOverlong: false, isSkipping: false };
    }
    if (found.length < bytes) return null;
    if (bytes <= MAX_LINE_BYTES) return this.#read(handle, bytes * 2);
    return { lines: Buffer.alloc(0), read: found, beginsOverlong: true, isSkipping: true };
  }

  /** A name that another file has by now is not believed. */
  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    const handle = await open(this.path, 'r');
    const { dev, ino } = await handle.stat({ bigint: true });
    if (fileKey(dev, ino) !== this.key) {
      await handle.close();
      throw new Error(`${this.path} is another file by now`);
    }
    this.#handle = handle;
    return handle;
  }
}

export const fileKey = (device: bigint, inode: bigint): string => `${device}:${inode}`;

function skip(found: Buffer): Piece | null {
  if (found.length === 0) return null;
  const at = found.indexOf(NEWLINE);
  const read = at === -1 ? found : found.subarray(0, at + 1);
  return { lines: Buffer.alloc(0), read, beginsOverlong: false, isSkipping: at === -1 };
}

/** The bytes at a place when they are those of the mark. */
async function matching(handle: FileHandle, at: number, mark: Mark): Promise<Buffer | null> {
  const bytes = await readAt(handle, at, mark.bytes);
  return markOfBytes(bytes).hash === mark.hash ? bytes : null;
}

/** Fewer where the file ends. */
async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await handle.read(bytes, got, length - got, at + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}
