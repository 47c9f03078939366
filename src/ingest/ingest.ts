import type { InputProblem, InputSummary } from '../model/hunt-result.js';
import type { Source } from '../model/source.js';
import type { Store } from '../store/store.js';
import { account } from './account.js';
import { findLogs } from './find-logs.js';
import { Loader } from './load.js';
import { LoadQueue } from './load-queue.js';
import { partsNamed, partsOf } from './parts.js';
import { type PreparedFile, prepare, type Spool } from './prepare.js';
import { readSensorStatus } from './sensor-status.js';
import { HeaderFinder } from './table.js';
import { unfold } from './unfold.js';
import { describeUnused } from './unused.js';
import type { FoundFile } from './walk.js';

export interface IngestOptions {
  paths: string[];
  /** Logs found before: standard input, what waits in a journal. One that names its source is that source's, whatever it holds. */
  found?: FoundFile[];
  sources: Source[];
  spool: Spool;
  /** Rows of a known-good period: they feed baselines and are never judged. */
  isBaseline?: boolean;
  /** Set where more rows come all the while: what knows the store's landing tables already. Twins collapse when they are merged, not at once. */
  loader?: Loader;
  /** Called before loads are noted as stored, while what was there before is not merged with them: with their numbers. */
  beforeNoted?: (loadIds: number[]) => Promise<void>;
  /** Called after each file. */
  onProgress?: (progress: { files: number; bytes: number; rows: number }) => void;
  /** Called while the engine loads: this thread has nothing to do then. */
  whileLoading?: () => void;
  /** True once the user asked to stop: what was read so far stays. */
  shouldStop?: () => boolean;
}

export interface IngestResult {
  inputs: InputSummary[];
  problems: InputProblem[];
  /** Loads whose rows do not add up, and where more come all the while, what the system refused to read: another try may do. */
  mismatches: string[];
  /** Their numbers. */
  loads: number[];
}

/** Reads every log under the paths into the store: walk, prepare, recognise, load, then account for every row. */
export async function ingest(store: Store, options: IngestOptions): Promise<IngestResult> {
  const goesOn = options.loader !== undefined;
  const [{ files, problems }, known] = await Promise.all([
    findLogs(options.paths, options.spool, options.found),
    goesOn ? new Map<string, string>() : contentAlreadyRead(store),
  ]);
  const queue = new LoadQueue(options.loader ?? new Loader(store));
  let bytes = 0;
  let index = 0;
  const refused: string[] = [];
  for await (const found of prepareAhead(files, options.spool, new HeaderFinder(options.sources))) {
    if (options.shouldStop?.()) break;
    const file = files[index++]!;
    const prepared = { ...found, contentHash: saidToBe(found.contentHash, file.source) };
    if (goesOn && prepared.isRefused)
      refused.push(...prepared.problems.map(({ where, what }) => `${where}: ${what}`));
    else problems.push(...prepared.problems);
    const twin = known.get(prepared.contentHash) ?? (goesOn ? await fileWith(store, prepared) : undefined);
    const into = { queue, named: file.source ?? null };
    if (twin === undefined) problems.push(...(await enqueueOrTell(prepared, options, into)));
    else problems.push(note(file.path, `same content as ${twin}`, 'read once'));
    if (prepared.stretches.length > 0) known.set(prepared.contentHash, file.path);
    bytes += file.bytes;
    options.onProgress?.({ files: index, bytes, rows: queue.rows });
  }
  const flushed = queue.flush();
  options.whileLoading?.();
  await flushed;
  const accounted = await account(store, queue.loaded, {
    isBaseline: options.isBaseline ?? false,
    goesOn,
    ...(options.beforeNoted && { beforeNoted: options.beforeNoted }),
  });
  return {
    inputs: accounted.inputs,
    mismatches: [...refused, ...queue.failures, ...accounted.mismatches],
    problems,
    loads: queue.loaded.map(({ loadId }) => loadId),
  };
}

/** Files prepared while earlier ones are loaded. */
const AHEAD = 4;

async function* prepareAhead(
  files: FoundFile[],
  spool: Spool,
  headers: HeaderFinder,
): AsyncIterable<PreparedFile> {
  const started: Promise<PreparedFile>[] = [];
  for (const [index] of files.entries()) {
    for (const next of files.slice(index + started.length, index + AHEAD))
      started.push(prepare(next, spool, headers));
    yield await started.shift()!;
  }
}

async function contentAlreadyRead(store: Store): Promise<Map<string, string>> {
  const rows = await store.rows<{ content_hash: string; file: string }>(
    'SELECT content_hash, file FROM load',
  );
  return new Map(rows.map((row) => [row.content_hash, row.file]));
}

/** The same question for one file: a store that goes on has more loads than a hunt. */
async function fileWith(store: Store, { contentHash }: PreparedFile): Promise<string | undefined> {
  const sql = 'SELECT file FROM load WHERE content_hash = {hash:String} LIMIT 1';
  return (await store.rows<{ file: string }>(sql, { hash: contentHash }))[0]?.file;
}

/** The same lines, said to be something else, are not the same. */
const saidToBe = (contentHash: string, named: string | null | undefined): string =>
  named ? `${contentHash} as ${named}` : contentHash;

interface Into {
  queue: LoadQueue;
  /** Id of the source the log is said to be. */
  named: string | null;
}

/** What no line should be able to make fail must not take the other files with it. */
async function enqueueOrTell(
  prepared: PreparedFile,
  options: IngestOptions,
  into: Into,
): Promise<InputProblem[]> {
  try {
    return await enqueue(prepared, options, into);
  } catch (error) {
    const what = `could not be read to its end: ${(error as Error).message}`;
    return [{ where: prepared.path, what, advice: 'a defect of Stowaway: please report it', level: 'error' }];
  }
}

async function enqueue(
  prepared: PreparedFile,
  { sources, spool }: IngestOptions,
  { queue, named }: Into,
): Promise<InputProblem[]> {
  const problems: InputProblem[] = [];
  const source = sources.find(({ id }) => id === named);
  if (named !== null && !source) return [noSuchSource(prepared.path, named)];
  const parts = source ? await partsNamed(prepared, source, spool) : await partsOf(prepared, sources, spool);
  const gathered = parts.flatMap(({ envelopes, recognition }) =>
    envelopes > 0 && recognition ? [recognition.source.id] : [],
  );
  if (gathered.length > 0)
    problems.push(
      note(
        prepared.path,
        `${gathered.join(', ')}: read out of lines a shipper gathered`,
        'as true as the program that printed them: gather those of sensors, not of any container',
      ),
    );
  for (const { stretch, recognition } of parts) {
    if (recognition?.source.into === 'nothing') {
      problems.push(note(prepared.path, ...(await describeUnused(recognition.source, stretch))));
    } else if (recognition) {
      const { source } = recognition;
      const rows = source.unfold || source.beside ? await unfold(stretch, source, spool) : stretch;
      await queue.add({
        source,
        file: prepared.path,
        contentHash: prepared.contentHash,
        stretch: { ...rows, ...(recognition.table && { table: recognition.table }) },
      });
    } else {
      const status = readSensorStatus(stretch, prepared.path);
      if (status !== null) {
        problems.push(...status);
        continue;
      }
      const isAll = parts.length === 1;
      const place = isAll ? prepared.path : `${prepared.path}:${stretch.firstRow ?? stretch.firstLine}`;
      const what = isAll
        ? 'not a log Stowaway knows'
        : `not a log Stowaway knows, ${stretch.rows} ${stretch.rows === 1 ? 'line' : 'lines'} from here`;
      const advice = '`stowaway sources list` names what is read';
      problems.push({ where: place, what, advice, level: 'unread' });
    }
  }
  return problems;
}

const noSuchSource = (where: string, named: string): InputProblem => ({
  where,
  what: `there is no source "${named}": nothing of it was read`,
  advice: '`stowaway sources list` names the sources; name one of them, or none',
  level: 'error',
});

const note = (where: string, what: string, advice: string): InputProblem => ({
  where,
  what,
  advice,
  level: 'note',
});
