import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { addToOpen, leaveOutTwins } from '../detect/open-connections.js';
import { type IngestResult, ingest } from '../ingest/ingest.js';
import type { Loader } from '../ingest/load.js';
import { Spool } from '../ingest/prepare.js';
import type { InputProblem } from '../model/hunt-result.js';
import type { Journal, Segment } from '../model/live.js';
import type { Source } from '../model/source.js';

/** Segments loaded by one tick at most: what waits longer is loaded by the next, and nobody waits for ever to be judged. */
const MAX_SEGMENTS = 200;

export interface Drained extends IngestResult {
  segments: number;
  /** Of these, those with lines that nobody could read. */
  unread: number;
  /** Whether more waits. */
  hasMore: boolean;
  /** ISO 8601 UTC of the latest arrival among them; null when there was nothing. */
  arrived: string | null;
}

/** After so many tries a segment is tried again now and then only: it would keep all others waiting. */
const MANY_TRIES = 5;
const PAUSE_MS = 60_000;

/** How often a segment was tried, and when last: milliseconds since the epoch. */
interface Tried {
  times: number;
  last: number;
}

/** Segments that failed with others are tried by themselves, so that one that cannot be loaded keeps no other; each tick so many. */
const MAX_SUSPECTS = 20;

export interface DrainSettings {
  loader: Loader;
  sources: Source[];
  scratch: string;
  /** Segments that were not loaded whole, by path. */
  failed: Map<string, Tried>;
  /** Folder for what nobody could read. */
  unread: string;
}

/**
 * Loads what waits in the journal. A segment leaves it only when its rows are stored and counted: after a crash it is loaded
 * again, and its rows collapse with those that were there.
 */
export async function drain(journal: Journal, settings: DrainSettings): Promise<Drained> {
  const { failed } = settings;
  const waiting = (await journal.take()).filter(({ path }) => isDue(failed.get(path)));
  const hasFailed = ({ path }: Segment) => failed.has(path);
  const suspects = waiting.filter(hasFailed).slice(0, MAX_SUSPECTS);
  const fresh = waiting.filter((segment) => !hasFailed(segment)).slice(0, MAX_SEGMENTS);
  const batches = [fresh, ...suspects.map((segment) => [segment])].filter(({ length }) => length > 0);
  const read: Batch[] = [];
  for (const batch of batches) read.push(await loadBatch(journal, batch, settings));
  return {
    segments: fresh.length + suspects.length,
    hasMore: waiting.length > fresh.length + suspects.length,
    unread: read.reduce((sum, { unread }) => sum + unread, 0),
    arrived:
      [...fresh, ...suspects]
        .map(({ arrived }) => arrived)
        .sort()
        .at(-1) ?? null,
    inputs: read.flatMap(({ inputs }) => inputs),
    problems: read.flatMap(({ problems }) => problems),
    mismatches: read.flatMap(({ mismatches }) => mismatches),
    loads: read.flatMap(({ loads }) => loads),
  };
}

const isDue = (tried: Tried | undefined): boolean =>
  tried === undefined || tried.times < MANY_TRIES || Date.now() - tried.last >= PAUSE_MS;

type Batch = IngestResult & { unread: number };

async function loadBatch(
  journal: Journal,
  segments: Segment[],
  { loader, sources, scratch, failed, unread }: DrainSettings,
): Promise<Batch> {
  // What a process left that was killed is nobody's.
  await rm(scratch, { recursive: true, force: true });
  const spool = await Spool.in(scratch);
  try {
    const read = await ingest(loader.store, {
      paths: [],
      found: segments.map(toFile),
      sources,
      spool,
      loader,
      beforeNoted: (loadIds) =>
        loader.store.shards === null
          ? leaveOutTwins(loader.store, loadIds)
          : addToOpen(loader.store, loadIds),
    });
    // A load that failed is tried again with the next tick; what it stored collapses.
    const aside = segments.filter(({ input }) => read.problems.some((problem) => isLoss(problem, input)));
    const keepBack = (more: Partial<Batch> = {}): Batch => {
      for (const { path } of segments)
        failed.set(path, { times: (failed.get(path)?.times ?? 0) + 1, last: Date.now() });
      return { ...read, ...more, unread: 0 };
    };
    if (read.mismatches.length > 0) return keepBack();
    const problem = await setAside(aside, unread);
    if (problem) return keepBack({ problems: [...read.problems, problem] });
    for (const segment of segments) {
      await journal.remove(segment);
      failed.delete(segment.path);
    }
    return { ...read, unread: aside.length };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const toFile = ({ input, path, bytes, source }: Segment) => ({
  path: input,
  at: path,
  bytes,
  ...(source !== null && { source }),
});

const isLoss = ({ level, where }: InputProblem, input: string): boolean =>
  level !== 'note' && (where === input || where.startsWith(`${input}:`));

/** Kept at most; the oldest go first. */
const MAX_ASIDE_FILES = 1000;
const MAX_ASIDE_BYTES = 1024 ** 3;

/** What was acknowledged is not thrown away because nobody knows it: a hunt with other sources may. Returns why it could not be kept. */
async function setAside(segments: Segment[], folder: string): Promise<InputProblem | null> {
  if (segments.length === 0) return null;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const { path } of segments) await copyFile(path, join(folder, `${Date.now()}-${basename(path)}`));
    await letGo(folder);
    return null;
  } catch (error) {
    const what = `what nobody could read cannot be set aside: ${(error as Error).message}`;
    return { level: 'error', where: folder, what, advice: 'it stays in the journal; make room' };
  }
}

async function letGo(folder: string): Promise<void> {
  const newestFirst = (await readdir(folder)).sort().reverse();
  let bytes = 0;
  for (const [index, name] of newestFirst.entries()) {
    bytes += (await stat(join(folder, name))).size;
    // The newest stays, however large.
    if (index > 0 && (index >= MAX_ASIDE_FILES || bytes > MAX_ASIDE_BYTES)) await rm(join(folder, name));
  }
}
