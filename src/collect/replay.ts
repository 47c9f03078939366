import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { Journal } from '../model/live.js';
import { type Recorded, recordedIn, shiftTimes } from './shift-times.js';

export interface ReplayOptions {
  /** A folder with one folder for each recording. */
  folder: string;
  now?: () => number;
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface Replay {
  /** Settles when all of it was handed over, or when it was stopped. */
  done: Promise<void>;
  stop(): Promise<void>;
}

interface Recording extends Recorded {
  name: string;
  files: { path: string; text: string }[];
}

/** Recordings lie this far apart; the last ones end after the start, one after the other. */
const APART_SECONDS = 25;
const STILL_TO_COME = 3;

/**
 * Hands recordings over as if they happened now, one after the other. All but the last few are over when it starts; each of those
 * comes when its end has come. The smaller come first: they are judged within seconds, and the largest takes a while.
 */
export function startReplay(
  journal: Journal,
  { folder, now = Date.now, wait = pause }: ReplayOptions,
): Replay {
  const ending = new AbortController();
  const run = async (): Promise<void> => {
    const recordings = await readRecordings(folder);
    let end = Math.floor(now() / 1000) - lengthOf(recordings.slice(0, -STILL_TO_COME));
    for (const recording of recordings) {
      end += APART_SECONDS + recording.to - recording.from;
      await wait(Math.max(0, end * 1000 - now()), ending.signal);
      for (const { path, text } of recording.files) {
        ending.signal.throwIfAborted();
        const shifted = shiftTimes(text, recording, end - recording.to);
        await journal.append(`demo/${path}`, Buffer.from(shifted, 'latin1'));
      }
    }
  };
  const done = run().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return {
    done,
    async stop() {
      ending.abort();
      await done.catch(() => undefined);
    },
  };
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal });

const lengthOf = (recordings: Recording[]): number =>
  recordings.reduce((sum, { from, to }) => sum + APART_SECONDS + to - from, 0);

async function readRecordings(folder: string): Promise<Recording[]> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const recordings = await Promise.all(names.map((name) => readRecording(folder, name)));
  const bytes = ({ files }: Recording) => files.reduce((sum, { text }) => sum + text.length, 0);
  return recordings.sort((a, b) => bytes(a) - bytes(b));
}

async function readRecording(folder: string, name: string): Promise<Recording> {
  const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const bytes = await readFile(path);
        // Each byte a character: whatever a log holds comes out as it went in.
        const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
        return { path: relative(folder, path).replace(/\.gz$/, ''), text };
      }),
  );
  // What tells who is who is small, and a container's start is known before its connections.
  files.sort((a, b) => a.text.length - b.text.length);
  return { name, files, ...recordedIn(files.map(({ text }) => text)) };
}
