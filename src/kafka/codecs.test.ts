import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decompressLz4 } from './lz4.js';
import { decompressSnappy } from './snappy.js';
import './connect.js';
import kafkajs from 'kafkajs';

/** What librdkafka 2.0.2 wrote of this text; whole batches of each kind are read in src/collect/kafka.test.ts. */
const TEXT = 'container '.repeat(40);

const SNAPPY = Buffer.concat([Buffer.from([0x90, 0x03, 9 << 2]), Buffer.from('container ')]);
const COPIES = Buffer.from([
  ...Array(6)
    .fill([(63 << 2) | 2, 10, 0])
    .flat(),
  (5 << 2) | 2,
  10,
  0,
]);

describe('snappy', () => {
  test('one block, and Java’s framing of several', () => {
    const block = Buffer.concat([SNAPPY, COPIES]);
    expect(decompressSnappy(block, 1000).toString()).toBe(TEXT);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(block.length);
    const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(decompressSnappy(Buffer.concat([header, size, block, size, block]), 1000).toString()).toBe(
      TEXT + TEXT,
    );
  });

  test('is bounded, and what is broken is refused', () => {
    const block = Buffer.concat([SNAPPY, COPIES]);
    expect(() => decompressSnappy(block, 300)).toThrow('larger than 300 bytes');
    expect(() => decompressSnappy(Buffer.from([4, (3 << 2) | 2, 1, 0]), 100)).toThrow('before its beginning');
    expect(() => decompressSnappy(Buffer.from([4, 59 << 2, 1]), 100)).toThrow('ends within');
  });
});

describe('lz4', () => {
  const frame = (block: number[]) =>
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0]);
  const block = [0xaf, ...Buffer.from('container '), 10, 0, 255, 111, 0x50, ...Buffer.from('iner ')];

  test('one frame', () => {
    expect(decompressLz4(frame(block), 1000).toString()).toBe(`${TEXT.slice(0, 395)}iner `);
  });

  test('is bounded, and what is broken is refused', () => {
    expect(() => decompressLz4(frame(block), 300)).toThrow('larger than 300 bytes');
    expect(() => decompressLz4(frame([0x10, 1, 9, 0]), 300)).toThrow('before its beginning');
    expect(() => decompressLz4(frame(block).subarray(0, 20), 300)).toThrow('ends within');
    expect(() => decompressLz4(Buffer.from('no frame'), 300)).toThrow('no LZ4 frame');
  });
});

test('a batch that unfolds to more than 64 MiB is not unfolded', async () => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));
  const codec = kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP]();
  await expect(codec.decompress(bomb)).rejects.toThrow('a batch of messages cannot be decompressed (gzip)');
});
