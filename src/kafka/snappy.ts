import { Growing } from './growing.js';

/** Of the framing in which Java's clients write Snappy; others write one block as it is. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const HEADER_BYTES = 16;

/** @throws when it is broken, or would be larger than `limit` */
export function decompressSnappy(bytes: Buffer, limit: number): Buffer {
  const out = new Growing(limit);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    appendBlock(bytes, out);
    return out.done();
  }
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    at += 4;
    if (at + size > bytes.length) throw new RangeError('it ends within a block');
    appendBlock(bytes.subarray(at, at + size), out);
    at += size;
  }
  return out.done();
}

function appendBlock(block: Buffer, out: Growing): void {
  let at = lengthOfPreamble(block);
  const read = (bytes: number): number => {
    const value = block.readUIntLE(at, bytes);
    at += bytes;
    return value;
  };
  while (at < block.length) {
    const tag = read(1);
    const high = tag >> 2;
    if ((tag & 3) === 0) {
      const length = (high < 60 ? high : read(high - 59)) + 1;
      if (at + length > block.length) throw new RangeError('it ends within a block');
      out.append(block.subarray(at, at + length));
      at += length;
    } else if ((tag & 3) === 1) out.repeat(((tag >> 5) << 8) | read(1), (high & 7) + 4);
    else out.repeat(read((tag & 3) === 2 ? 2 : 4), high + 1);
  }
}

/** A block begins with its length when it is decompressed, seven bits a byte. What it says is not needed. */
function lengthOfPreamble(block: Buffer): number {
  let bytes = 1;
  while (block.readUInt8(bytes - 1) >= 0x80) bytes += 1;
  return bytes;
}
