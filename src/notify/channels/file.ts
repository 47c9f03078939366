import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import type { ConfigOf } from '../../model/notify-config.js';
import type { Channel, Receipt } from '../channel.js';
import { formatRecord, idIn } from '../formats.js';
import type { Parcel } from '../message.js';
import type { Surroundings } from '../surroundings.js';

/** How much of the end is looked at for what may be there already: more than the longest parcel. */
const TAIL_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

/** One JSON object a line, synced. After a crash the end of the file says what is in it. */
export function openFile(config: ConfigOf<'file'>, surroundings: Surroundings): Channel {
  return {
    grouping: 'each',
    canJoin: true,
    async send(parcel) {
      try {
        return await append(config, parcel, surroundings.version);
      } catch (error) {
        return { outcome: 'later', answer: `${config.path}: ${(error as Error).message}` };
      }
    },
    has: async ({ messages }) => {
      const there = await writtenIds(config.path);
      return messages.every(({ id }) => there.has(id));
    },
  };
}

async function append(config: ConfigOf<'file'>, parcel: Parcel, version: string): Promise<Receipt> {
  const there = parcel.isRepeat ? await writtenIds(config.path) : new Set<string>();
  const lines = parcel.messages
    .filter(({ id }) => !there.has(id))
    .map((message) => `${formatRecord(message, config.format, version)}\n`);
  const text = Buffer.from(lines.join(''), 'utf8');
  await rotate(config, text.length);
  await using file = await open(config.path, 'a+', 0o600);
  await cutTornLine(file);
  await file.appendFile(text);
  await file.sync();
  return { outcome: 'taken', answer: `${lines.length} written to ${config.path}` };
}

/** What a crash left of a line was not recorded as sent: it is written again, whole. */
async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  if (size === 0 || last[0] === NEWLINE) return;
  const tail = await tailOf(file, size);
  const end = tail.lastIndexOf(NEWLINE) + 1;
  if (end < tail.length) await file.truncate(size - (tail.length - end));
}

async function rotate({ path, max_megabytes, keep }: ConfigOf<'file'>, bytes: number): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0 || size + bytes <= max_megabytes * 1_000_000) return;
  await rm(`${path}.${keep}`, { force: true });
  for (let older = keep - 1; older >= 0; older -= 1) {
    const from = older === 0 ? path : `${path}.${older}`;
    await rename(from, `${path}.${older + 1}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** Ids at the end of the file, and of the one before it: the last parcel may stand on both sides of a rotation. */
async function writtenIds(path: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const each of [`${path}.1`, path]) {
    const file = await open(each, 'r').catch(() => null);
    if (file === null) continue;
    try {
      const text = (await tailOf(file, (await file.stat()).size)).toString('utf8');
      // What stands after the last newline is torn.
      for (const line of text.split('\n').slice(0, -1)) ids.add(idIn(line));
    } finally {
      await file.close();
    }
  }
  return ids;
}

async function tailOf(file: FileHandle, size: number): Promise<Buffer> {
  const length = Math.min(size, TAIL_BYTES);
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}
