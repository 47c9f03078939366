import type { InputProblem, InputSummary } from '../model/hunt-result.js';
import type { Source } from '../model/source.js';
import { EVENT_TABLES } from '../store/schema.js';
import type { Store } from '../store/store.js';
import { account } from './account.js';
import { LoadQueue } from './load-queue.js';
import { type PreparedFile, prepare, type Spool } from './prepare.js';
import { recognize } from './recognize.js';
import { walk } from './walk.js';

export interface IngestOptions {
  paths: string[];
  sources: Source[];
  spool: Spool;
  /** Rows of a known-good period: they feed baselines and are never judged. */
  isBaseline?: boolean;
  /** Called after each file. */
  onProgress?: (progress: { files: number; bytes: number; rows: number }) => void;
  /** True once the user asked to stop: what was read so far stays. */
  shouldStop?: () => boolean;
}

export interface IngestResult {
  inputs: InputSummary[];
  problems: InputProblem[];
  /** Loads whose rows do not add up: a defect of ours, never silent. */
  mismatches: string[];
}

/** Reads every log under the paths into the store: walk, prepare, recognise, load, then account for every row. */
export async function ingest(store: Store, options: IngestOptions): Promise<IngestResult> {
  const { files, problems } = await walk(options.paths);
  const known = await contentAlreadyRead(store);
  // Counted before anything merges: a merge would collapse twins, and cost time a hunt has better use for.
  for (const table of EVENT_TABLES) await store.run(`SYSTEM STOP MERGES ${table}`);
  const queue = await LoadQueue.over(store);
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    if (options.shouldStop?.()) break;
    const prepared = await prepare(file, options.spool);
    problems.push(...prepared.problems);
    const twin = known.get(prepared.contentHash);
    if (twin === undefined) problems.push(...(await enqueue(prepared, options.sources, queue)));
    else problems.push(note(file.path, `same content as ${twin}`, 'read once'));
    if (prepared.stretches.length > 0) known.set(prepared.contentHash, file.path);
    bytes += file.bytes;
    options.onProgress?.({ files: index + 1, bytes, rows: queue.rows });
  }
  await queue.flush();
  const accounted = await account(store, queue.loaded, options.isBaseline ?? false);
  return {
    inputs: accounted.inputs,
    mismatches: [...queue.failures, ...accounted.mismatches],
    problems,
  };
}

async function contentAlreadyRead(store: Store): Promise<Map<string, string>> {
  const rows = await store.rows<{ content_hash: string; file: string }>(
    'SELECT content_hash, file FROM load',
  );
  return new Map(rows.map((row) => [row.content_hash, row.file]));
}

async function enqueue(prepared: PreparedFile, sources: Source[], queue: LoadQueue): Promise<InputProblem[]> {
  const problems: InputProblem[] = [];
  for (const stretch of prepared.stretches) {
    const recognition = recognize(stretch, sources);
    if (recognition) {
      await queue.add({
        source: recognition.source,
        file: prepared.path,
        contentHash: prepared.contentHash,
        stretch,
      });
    } else {
      const place = prepared.stretches.length > 1 ? `${prepared.path}:${stretch.firstLine}` : prepared.path;
      problems.push(note(place, 'not a log Stowaway knows', '`stowaway sources list` names what is read'));
    }
  }
  return problems;
}

const note = (where: string, what: string, advice: string): InputProblem => ({
  where,
  what,
  advice,
  level: 'note',
});
