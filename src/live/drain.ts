import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
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

/** After so many tries a segment is left where it is until the next start: it would keep all others waiting. */
const MAX_TRIES = 5;

/**
 * Loads what waits in the journal. A segment leaves it only when its rows are stored and counted: after a crash it is loaded
 * again, and its rows collapse with those that were there.
 */
export async function drain(
  journal: Journal,
  {
    loader,
    sources,
    scratch,
    failed,
    unread,
  }: {
    loader: Loader;
    sources: Source[];
    scratch: string;
    failed: Map<string, number>;
    /** Folder for what nobody could read. */
    unread: string;
  },
): Promise<Drained> {
  const waiting = (await journal.take()).filter(({ path }) => (failed.get(path) ?? 0) < MAX_TRIES);
  const segments = waiting.slice(0, MAX_SEGMENTS);
  const hasMore = waiting.length > segments.length;
  if (segments.length === 0)
    return { segments: 0, unread: 0, hasMore, arrived: null, inputs: [], problems: [], mismatches: [] };
  const spool = await Spool.in(scratch);
  try {
    const read = await ingest(loader.store, {
      paths: [],
      found: segments.map(toFile),
      sources,
      spool,
      loader,
    });
    // A load that failed is tried again with the next tick; what it stored collapses.
    const aside = segments.filter(({ input }) => read.problems.some((problem) => isLoss(problem, input)));
    if (read.mismatches.length === 0) {
      await setAside(aside, unread);
      for (const segment of segments) await journal.remove(segment);
    } else for (const { path } of segments) failed.set(path, (failed.get(path) ?? 0) + 1);
    const arrived = segments
      .map((segment) => segment.arrived)
      .sort()
      .at(-1)!;
    return { ...read, segments: segments.length, unread: aside.length, hasMore, arrived };
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
const MAX_ASIDE = 1000;

/** What was acknowledged is not thrown away because nobody knows it: a hunt with other sources may. */
async function setAside(segments: Segment[], folder: string): Promise<void> {
  if (segments.length === 0) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path } of segments) await copyFile(path, join(folder, `${Date.now()}-${basename(path)}`));
  const names = (await readdir(folder)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - MAX_ASIDE))) await rm(join(folder, name));
}
