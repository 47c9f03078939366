import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import xz from 'xz-decompress';
import { PARQUET_MAGIC, readParquet } from './parquet.js';
import type { FoundFile } from './walk.js';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'parquet' | 'capture' | 'binary';

/** First bytes of pcap (either byte order, micro- or nanoseconds) and of pcapng. */
const MAGICS = ['d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '0a0d0d0a'];

export const isCapture = (head: Buffer): boolean => MAGICS.includes(head.toString('hex', 0, 4));

/** Tells compression, or that a file is not text, from its first bytes. Names are not believed. */
export async function detectCompression({ path, at }: FoundFile): Promise<Compression> {
  const handle = await open(at ?? path, 'r');
  try {
    const head = Buffer.alloc(65_536);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const bytes = head.subarray(0, bytesRead);
    if (startsWith(bytes, [0x1f, 0x8b])) return 'gzip';
    if (startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd';
    if (startsWith(bytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return 'xz';
    if (startsWith(bytes, [0x42, 0x5a, 0x68])) return 'bzip2';
    if (startsWith(bytes, PARQUET_MAGIC)) return 'parquet';
    if (isCapture(bytes)) return 'capture';
    return isText(bytes) ? 'none' : 'binary';
  } finally {
    await handle.close();
  }
}

/**
 * Whoever can write NULs into some lines of a log must not be able to hide the rest of it: what is no text is full of them, and has them in
 * most of what a newline would end.
 */
function isText(bytes: Buffer): boolean {
  let nuls = 0;
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, at + 1)) nuls += 1;
  if (nuls * 50 <= bytes.length) return true;
  const lines = bytes.toString('latin1').split('\n');
  return lines.filter((line) => !line.includes('\0')).length * 2 > lines.length;
}

const startsWith = (bytes: Buffer, magic: number[]): boolean =>
  magic.every((value, index) => bytes[index] === value);

const MAX_CHUNK_BYTES = 4 * 1024 * 1024;

/** The file's bytes, decompressed; of tables in columns their rows as JSON lines. A truncated archive yields what it holds, then throws. */
export function openPlain({ path, bytes, at }: FoundFile, compression: Compression): AsyncIterable<Buffer> {
  if (compression === 'parquet') return readParquet(at ?? path);
  // Each read allocates this much, however little it finds.
  const raw = createReadStream(at ?? path, {
    highWaterMark: Math.min(MAX_CHUNK_BYTES, Math.max(4096, bytes)),
  });
  if (compression === 'gzip') return decompressGzip(raw);
  if (compression === 'zstd') return decompressZstd(raw);
  if (compression === 'xz') return decompressXz(raw);
  return raw;
}

/** Reads member after member to the end, and keeps what came before a break: zlib holds back nothing it has decoded. */
async function* decompressGzip(raw: Readable): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  raw.on('error', (error) => gunzip.destroy(error));
  yield* raw.pipe(gunzip) as AsyncIterable<Buffer>;
}

async function* decompressZstd(raw: Readable): AsyncIterable<Buffer> {
  let ready: Buffer[] = [];
  let ended = false;
  const stream = new Decompress((chunk, isFinal) => {
    ready.push(Buffer.from(chunk));
    ended = isFinal ?? false;
  });
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    stream.push(chunk);
    yield* ready;
    ready = [];
  }
  if (!ended) stream.push(new Uint8Array(0), true);
  yield* ready;
}

/** Codes of xz-embedded, which the library runs in a memory of its own: a dictionary takes 64 MiB of it at most, as much as `xz -9` asks for. */
const XZ_TROUBLES = new Map([
  ['4', 'its dictionary is larger than 64 MiB'],
  ['5', 'not xz'],
  ['6', 'a filter or check that is not known here'],
  ['7', 'damaged'],
  ['8', 'unexpected end of file'],
]);

async function* decompressXz(raw: Readable): AsyncIterable<Buffer> {
  const stream = new xz.XzReadableStream(Readable.toWeb(raw) as ReadableStream<Uint8Array>);
  try {
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) yield Buffer.from(chunk);
  } catch (error) {
    const code = /error code (\d+)$/.exec((error as Error).message)?.[1] ?? '';
    throw new Error(XZ_TROUBLES.get(code) ?? (error as Error).message, { cause: error });
  }
}
