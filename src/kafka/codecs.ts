import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import kafkajs from 'kafkajs';
import { decompressZstdWithin } from '../ingest/bounded-zstd.js';
import { decompressLz4 } from './lz4.js';
import { decompressSnappy } from './snappy.js';

/** Brokers take batches of 1 MB where nobody configured another size: logs that are packed 60 to 1 fit. */
const MOST_BYTES = 64 * 1024 * 1024;

type Decompress = (bytes: Buffer, limit: number) => Buffer | Promise<Buffer>;

// Named exports of CommonJS are found by their shape, and these are not.
const { CompressionCodecs, CompressionTypes } = kafkajs;

const inflate = promisify(gunzip);

const CODECS: [type: keyof typeof CompressionCodecs, name: string, decompress: Decompress][] = [
  [CompressionTypes.GZIP, 'gzip', (bytes, limit) => inflate(bytes, { maxOutputLength: limit })],
  [CompressionTypes.Snappy, 'snappy', decompressSnappy],
  [CompressionTypes.LZ4, 'lz4', decompressLz4],
  [CompressionTypes.ZSTD, 'zstd', decompressZstd],
];

/** kafkajs knows gzip alone, without a bound. */
export function addCodecs(): void {
  for (const [type, name, decompress] of CODECS)
    CompressionCodecs[type] = () => ({
      compress: () => Promise.reject(new Error('nothing is sent compressed')),
      decompress: async (bytes: Buffer) => unpack(name, () => decompress(bytes, MOST_BYTES)),
    });
}

async function unpack(name: string, decompress: () => Buffer | Promise<Buffer>): Promise<Buffer> {
  try {
    return await decompress();
  } catch (error) {
    throw new Error(`a batch of messages cannot be decompressed (${name}): ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function decompressZstd(bytes: Buffer, limit: number): Promise<Buffer> {
  const plain = await decompressZstdWithin(bytes, limit);
  if (typeof plain === 'string') throw new RangeError(`it is ${plain}`);
  return plain;
}
