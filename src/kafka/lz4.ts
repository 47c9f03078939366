import { Growing } from './growing.js';

const MAGIC = 0x184d2204;
const [HAS_BLOCK_CHECKSUMS, HAS_SIZE, HAS_DICTIONARY] = [0x10, 0x08, 0x01];
const IS_PLAIN = 0x80000000;

/**
 * The content of one LZ4 frame (lz4_Frame_format.md 1.6.3). Checksums are not looked at: Kafka has one of its own around it, and old clients wrote wrong ones.
 *
 * @throws RangeError when it is broken, or would be larger than `limit`
 */
export function decompressLz4(frame: Buffer, limit: number): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('it is no LZ4 frame');
  const flags = frame[4]!;
  const out = new Growing(limit);
  let at = 7 + (flags & HAS_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0);
  for (;;) {
    const header = frame.readUInt32LE(at);
    if (header === 0) return out.done();
    const size = header & ~IS_PLAIN;
    at += 4;
    if (at + size > frame.length) throw new RangeError('it ends within a block');
    const block = frame.subarray(at, at + size);
    if (header >= IS_PLAIN) out.append(block);
    else appendBlock(block, out);
    at += size + (flags & HAS_BLOCK_CHECKSUMS ? 4 : 0);
  }
}

function appendBlock(block: Buffer, out: Growing): void {
  let at = 0;
  const lengthOf = (start: number): number => {
    let length = start;
    if (start < 15) return length;
    for (let byte = 255; byte === 255; at += 1) {
      byte = block.readUInt8(at);
      length += byte;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at]!;
    at += 1;
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length) throw new RangeError('it ends within a block');
    out.append(block.subarray(at, at + literals));
    at += literals;
    // The last sequence has literals only.
    if (at === block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    out.repeat(distance, lengthOf(token & 15) + 4);
  }
}
