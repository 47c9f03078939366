import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Limits } from './limits.js';
import { Refusal } from './refusal.js';
import { decompressZstd, tooLarge } from './zstd.js';

/** A request as it comes in. */
export type Incoming = Readable & { headers: Record<string, string | string[] | undefined> };

type Charge = (bytes: number) => void;

/**
 * The body, decompressed. Nothing is read of what says that it is too large, and no more than the limits of what does not say so; `charge` is told of the
 * memory before it is kept.
 *
 * @throws Refusal; also what `charge` throws
 */
export async function readBody(incoming: Incoming, limits: Limits, charge: Charge): Promise<Buffer> {
  const encoding = String(incoming.headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  if (!['', 'identity', 'gzip', 'x-gzip', 'zstd'].includes(encoding))
    throw new Refusal(400, 'Content-Encoding: only gzip, zstd and identity are read');
  if (Number(incoming.headers['content-length'] ?? 0) > limits.bodyBytes) throw tooMuch(limits.bodyBytes);
  const wire = chunksOf(incoming, limits.bodyBytes);
  if (encoding === 'gzip' || encoding === 'x-gzip')
    return collect(gunzip(wire), charge, { limit: limits.plainBytes, refusal: tooLarge });
  const body = await collect(wire, charge, { limit: limits.bodyBytes, refusal: tooMuch });
  if (encoding === 'zstd') {
    const plain = await decompressZstd(body, limits.plainBytes);
    charge(plain.length);
    return plain;
  }
  refuseUnnamedArchive(body);
  return body;
}

const tooMuch = (limit: number): Refusal =>
  new Refusal(413, `the body is larger than ${limit} bytes: send less at once`);

function refuseUnnamedArchive(body: Buffer): void {
  const head = body.toString('hex', 0, 4);
  const name = head.startsWith('1f8b') ? 'gzip' : head === '28b52ffd' ? 'zstd' : null;
  if (name) throw new Refusal(400, `the body looks like ${name}: send it with Content-Encoding: ${name}`);
}

/** The connection stays open for the answer when no more is wanted. */
async function* chunksOf(incoming: Incoming, limit: number): AsyncGenerator<Buffer> {
  let total = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      total += (chunk as Buffer).length;
      if (total > limit) throw tooMuch(limit);
      yield chunk as Buffer;
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'the body ended before it was complete');
  }
}

async function* gunzip(wire: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: 64 * 1024 });
  const feeding = feed(wire, stream);
  feeding.catch((error: Error) => stream.destroy(error));
  try {
    yield* stream as AsyncIterable<Buffer>;
    await feeding;
  } catch (error) {
    throw error instanceof Refusal
      ? error
      : new Refusal(400, `the body is broken gzip (${(error as Error).message}); send it again`);
  } finally {
    stream.destroy();
  }
}

async function feed(wire: AsyncIterable<Buffer>, stream: ReturnType<typeof createGunzip>): Promise<void> {
  for await (const chunk of wire) {
    if (stream.destroyed) return;
    // `close` comes instead of `drain` when what reads it has had enough.
    if (!stream.write(chunk)) {
      await new Promise<void>((resume) => {
        const go = (): void => {
          stream.off('drain', go).off('close', go);
          resume();
        };
        stream.on('drain', go).on('close', go);
      });
    }
  }
  if (!stream.destroyed) stream.end();
}

interface Bound {
  limit: number;
  refusal: (limit: number) => Refusal;
}

async function collect(
  chunks: AsyncIterable<Buffer>,
  charge: Charge,
  { limit, refusal }: Bound,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > limit) throw refusal(limit);
    charge(chunk.length);
    parts.push(chunk);
  }
  return Buffer.concat(parts, total);
}
