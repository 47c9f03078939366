import { ZSTDDecoder } from 'zstddec';

/**
 * The reference decoder, compiled to WebAssembly: it never writes past the room it is given and refuses what is broken. fzstd, which reads files for a hunt,
 * trusts what a frame says of itself: one of a few kilobytes keeps it busy for seconds. Node has one of its own only from 22.15 on.
 */
const decoder = new ZSTDDecoder();

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const MAX_BLOCK_BYTES = 128 * 1024;

/** What was decompressed, or why it was not. */
export async function decompressZstdWithin(
  bytes: Buffer,
  limit: number,
): Promise<Buffer | 'no zstd' | 'broken' | 'too large'> {
  const room = roomFor(bytes, limit + 1);
  if (room === null) return 'no zstd';
  if (room === 0) return Buffer.alloc(0);
  await decoder.init();
  const plain = decoder.decode(bytes, Math.min(room, limit));
  if (plain.length > 0) return Buffer.from(plain.buffer, plain.byteOffset, plain.length);
  return room > limit ? 'too large' : 'broken';
}

/** The most that its frames may decompress to, `enough` at most; null when their headers make no sense. Blocks are walked over, not decoded. */
function roomFor(body: Buffer, enough: number): number | null {
  let at = 0;
  let room = 0;
  while (at < body.length && room < enough) {
    if (at + 8 > body.length) return null;
    const magic = body.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + body.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== MAGIC) return null;
    const flags = body[at + 4]!;
    const isSingle = (flags >> 5) & 1;
    const sizeBytes = [isSingle, 2, 4, 8][flags >> 6]!;
    at += 5 + (1 - isSingle) + [0, 1, 2, 4][flags & 3]! + sizeBytes;
    const blocks = walkBlocks(body, at, enough);
    if (blocks === null) return null;
    room += blocks.room;
    at = blocks.end + (flags & 4);
  }
  return Math.min(room, enough);
}

function walkBlocks(body: Buffer, start: number, enough: number): { room: number; end: number } | null {
  let at = start;
  let room = 0;
  for (;;) {
    if (at + 3 > body.length) return null;
    const header = body.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) return null;
    room += type === 2 ? MAX_BLOCK_BYTES : size;
    at += 3 + (type === 1 ? 1 : size);
    if ((header & 1) === 1 || room > enough) return { room, end: at };
  }
}
