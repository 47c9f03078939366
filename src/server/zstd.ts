import { decompressZstdWithin } from '../ingest/bounded-zstd.js';
import { Refusal } from './refusal.js';

/** @throws Refusal when it is broken, or would be larger than `limit` */
export async function decompressZstd(body: Buffer, limit: number): Promise<Buffer> {
  const plain = await decompressZstdWithin(body, limit);
  if (plain === 'no zstd') throw new Refusal(400, 'the body is no zstd: check Content-Encoding');
  if (plain === 'too large') throw tooLarge(limit);
  if (plain === 'broken')
    throw new Refusal(400, 'the body is broken zstd: nothing of it was taken; send it again');
  return plain;
}

export const tooLarge = (limit: number): Refusal =>
  new Refusal(413, `the body is larger than ${limit} bytes when it is decompressed: send less at once`);
