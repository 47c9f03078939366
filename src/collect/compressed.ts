import { type Compression, openPlain } from '../ingest/open-plain.js';
import { MAX_LINE_BYTES } from '../ingest/scan.js';
import type { HeaderFinder } from '../ingest/table.js';
import type { FoundFile } from '../ingest/walk.js';
import type { Checkpoint } from './checkpoints.js';
import { Headers } from './headers.js';

/** Whole lines out of a compressed file, and the header they need. */
export interface PlainPiece {
  lines: Buffer;
  header: Buffer;
  /** Lines left out before them, since they are too long to be any. */
  overlong: number;
}

const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 10;

/** What a compressed file holds beyond what was read before it was compressed. Where it breaks off, all whole lines come before the error. */
export async function* linesBeyond(
  file: FoundFile & { compression: Compression },
  checkpoint: Checkpoint | null,
  finder: HeaderFinder,
): AsyncIterable<PlainPiece> {
  const headers = new Headers(finder, checkpoint?.headers);
  const gathered = new Gathered();
  let skip = checkpoint?.offset ?? 0;
  const piece = (lines: Buffer): PlainPiece => {
    const header = headers.current;
    headers.pass(lines);
    return { lines, header, overlong: gathered.takeOverlong() };
  };
  try {
    for await (const chunk of openPlain(file, file.compression)) {
      const fresh = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - fresh.length;
      gathered.add(fresh);
      if (gathered.wholeBytes >= PIECE_BYTES) yield piece(gathered.takeWhole());
    }
  } catch (error) {
    yield piece(gathered.takeWhole());
    throw error;
  }
  yield piece(Buffer.concat([gathered.takeWhole(), gathered.takeOpen()]));
}

/** Bytes as they come, parted into whole lines and one that goes on. */
class Gathered {
  wholeBytes = 0;
  #whole: Buffer[] = [];
  #open: Buffer[] = [];
  #openBytes = 0;
  #isSkipping = false;
  #overlong = 0;

  add(bytes: Buffer): void {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#goOn(bytes);
      return;
    }
    const from = this.#isSkipping ? bytes.indexOf(NEWLINE) + 1 : 0;
    this.#isSkipping = false;
    for (const part of [...this.#open, bytes.subarray(from, end)]) {
      this.#whole.push(part);
      this.wholeBytes += part.length;
    }
    this.takeOpen();
    this.#goOn(bytes.subarray(end));
  }

  takeWhole(): Buffer {
    const whole = Buffer.concat(this.#whole);
    this.#whole = [];
    this.wholeBytes = 0;
    return whole;
  }

  takeOpen(): Buffer {
    const open = Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    return open;
  }

  takeOverlong(): number {
    const overlong = this.#overlong;
    this.#overlong = 0;
    return overlong;
  }

  #goOn(bytes: Buffer): void {
    if (this.#isSkipping) return;
    this.#open.push(bytes);
    this.#openBytes += bytes.length;
    if (this.#openBytes <= MAX_LINE_BYTES) return;
    this.takeOpen();
    this.#isSkipping = true;
    this.#overlong += 1;
  }
}
