import { type Compression, openPlain } from '../ingest/open-plain.js';
import type { HeaderFinder } from '../ingest/table.js';
import type { FoundFile } from '../ingest/walk.js';
import type { Checkpoint } from './checkpoints.js';
import { Gathered } from './gathered.js';
import { Headers } from './headers.js';

/** Whole lines out of a compressed file, and the header they need. */
export interface PlainPiece {
  lines: Buffer;
  header: Buffer;
  /** Lines left out before them, since they are too long to be any. */
  overlong: number;
}

const PIECE_BYTES = 1024 * 1024;

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
