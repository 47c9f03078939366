import type { Compression } from '../ingest/open-plain.js';
import { openPlain } from '../ingest/open-plain.js';
import type { FoundFile } from '../ingest/walk.js';
import { type Checkpoint, MARK_BYTES, type Mark, markOfBytes } from './checkpoints.js';

/** What was read under another name or inode: a copy that a rotation made, compressed or not. */
export interface Kin {
  /** Of the file whose first `offset` bytes this one has as well. */
  checkpoint: Checkpoint | null;
  /** It begins as a file that was read further than this one reaches: a copy that is being made. */
  isGrowing: boolean;
}

/** Looks for the file that a new one continues, by their first bytes and those before the offset. The one that was read furthest counts. */
export async function kinOf(
  file: FoundFile,
  compression: Compression,
  checkpoints: Iterable<Checkpoint>,
): Promise<Kin> {
  const candidates = [...checkpoints].filter((one) => one.offset > 0 && !one.isCompressed);
  let head = Buffer.alloc(0);
  let last = Buffer.alloc(0);
  let position = 0;
  let found: Checkpoint | null = null;
  let like: Checkpoint[] | null = null;
  if (candidates.length === 0) return { checkpoint: null, isGrowing: false };
  for await (const chunk of whatIsThere(openPlain(file, compression))) {
    if (head.length < MARK_BYTES) head = Buffer.concat([head, chunk.subarray(0, MARK_BYTES - head.length)]);
    const end = position + chunk.length;
    if (head.length === MARK_BYTES) like ??= candidates.filter((one) => hasMark(head, one.head));
    for (const one of like ?? candidates) {
      if (one.offset <= position || one.offset > end) continue;
      const before = Buffer.concat([last, chunk.subarray(0, one.offset - position)]);
      const isSame = hasMark(head, one.head) && hasMark(before.subarray(-one.last.bytes), one.last);
      if (isSame && one.offset > (found?.offset ?? 0)) found = one;
    }
    last = Buffer.concat([last, chunk.subarray(-MARK_BYTES)]).subarray(-MARK_BYTES);
    position = end;
    if (like?.every((one) => one.offset <= position)) break;
  }
  const isGrowing = candidates.some((one) => one.offset > position && hasMark(head, one.head));
  return { checkpoint: found, isGrowing: found === null && isGrowing };
}

const hasMark = (bytes: Buffer, mark: Mark): boolean =>
  bytes.length >= mark.bytes && markOfBytes(bytes.subarray(0, mark.bytes)).hash === mark.hash;

/** One that breaks off is compared as far as it goes; who reads it tells. */
async function* whatIsThere(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  try {
    yield* chunks;
  } catch {
    return;
  }
}
