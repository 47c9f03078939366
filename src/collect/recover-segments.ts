import { type FileHandle, open, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LABEL, LINES, SegmentFile, type SegmentLabel, segmentName } from './segment-file.js';

/** What an earlier process left in the folder. */
export interface Recovered {
  /** Oldest first. */
  files: SegmentFile[];
  /** Segments whose last line was cut off, since it had not been written to its end and so was never acknowledged. */
  torn: number;
  /** The highest number in use; 0 when there is none. */
  lastNumber: number;
}

const PIECE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Takes up the segments of a folder after a stop or a crash. Whole lines that were not acknowledged in time stay: whoever gave them gives them again. */
export async function recoverSegments(folder: string): Promise<Recovered> {
  const names = new Set(await readdir(folder));
  const recovered: Recovered = { files: [], torn: 0, lastNumber: 0 };
  for (const name of [...names].sort()) {
    const [, number, kind] = /^(\d{16})(\.log|\.json)$/.exec(name) ?? [];
    if (number === undefined) continue;
    recovered.lastNumber = Math.max(recovered.lastNumber, Number(number));
    if (kind === LABEL) {
      if (!names.has(`${number}${LINES}`)) await rm(join(folder, name), { force: true });
      continue;
    }
    const path = join(folder, name);
    const { bytes, isTorn, arrived } = await cutTornLine(path);
    if (isTorn) recovered.torn += 1;
    const label = await readLabel(folder, Number(number));
    const file = SegmentFile.found({ path, bytes, ...label, arrived });
    if (bytes === 0) await file.remove();
    else recovered.files.push(file);
  }
  return recovered;
}

async function cutTornLine(path: string): Promise<{ bytes: number; isTorn: boolean; arrived: string }> {
  const handle = await open(path, 'r+');
  try {
    const { size, mtime } = await handle.stat();
    const bytes = await endOfLastLine(handle, size);
    if (bytes < size) {
      await handle.truncate(bytes);
      await handle.sync();
      await utimes(path, mtime, mtime);
    }
    return { bytes, isTorn: bytes < size, arrived: mtime.toISOString() };
  } finally {
    await handle.close();
  }
}

async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - PIECE_BYTES);
    const { bytesRead } = await handle.read(piece, 0, end - from, from);
    const at = piece.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at !== -1) return from + at + 1;
    end = from;
  }
  return 0;
}

/** A label that somebody damaged costs the name, not the lines. */
async function readLabel(folder: string, number: number): Promise<SegmentLabel> {
  const path = join(folder, `${segmentName(number)}${LABEL}`);
  try {
    const { input, source } = JSON.parse(await readFile(path, 'utf8')) as Partial<SegmentLabel>;
    if (typeof input === 'string') return { input, source: typeof source === 'string' ? source : null };
  } catch {
    // Told by the name it gets.
  }
  return { input: `unknown (${basename(path)} is damaged)`, source: null };
}
