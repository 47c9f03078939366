import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { InputProblem } from '../model/hunt-result.js';
import { readCapture } from './capture.js';
import { readDocument, spoolDocument } from './documents.js';
import { hasAuditRecords, joinAudit } from './join-audit.js';
import { type Compression, detectCompression, isCapture, openPlain } from './open-plain.js';
import { MAX_LINE_BYTES, type Scan, type Stretch, scan } from './scan.js';
import { SpoolFile } from './spool-file.js';
import type { HeaderFinder } from './table.js';
import { describeFailure, type FoundFile, isRefusal } from './walk.js';

/** Lines of one stretch in a file the engine can read as it is. */
export interface PreparedStretch extends Stretch {
  /** Plain text, one row a line; line n of it is line `firstLine + n − 1` of the log. */
  plainPath: string;
  /** Line of the log its first row is on, where that is not `firstLine`. */
  firstRow?: number;
}

export interface PreparedFile {
  /** As the user named it. */
  path: string;
  contentHash: string;
  stretches: PreparedStretch[];
  problems: InputProblem[];
  /** The system refused to read it, whatever it holds: another try may do. */
  isRefused?: boolean;
}

/**
 * Makes a log readable for the engine: decompressed, one row a line, one header a stretch, no monstrous lines.
 * A clean plain file is used where it lies. Whatever could not be read becomes a problem with its place.
 */
export async function prepare(file: FoundFile, spool: Spool, headers?: HeaderFinder): Promise<PreparedFile> {
  const nothing = { path: file.path, contentHash: '', stretches: [] };
  try {
    if (file.bytes === 0) return { ...nothing, problems: [note(file.path, 'empty file', 'nothing to do')] };
    const compression = await detectCompression(file);
    if (compression === 'binary')
      return {
        ...nothing,
        problems: [
          note(file.path, 'not text', 'left out; convert it to a log that `stowaway sources list` names'),
        ],
      };
    if (compression === 'bzip2') {
      return {
        ...nothing,
        problems: [problem(file.path, 'bzip2 archives are not read', 'decompress it first: bzip2 -d')],
      };
    }
    if (await holdsCapture(file, compression)) return await prepareCapture(file, compression, spool);
    return await prepareText(file, compression, spool, headers);
  } catch (error) {
    const problems: InputProblem[] = [{ where: file.path, ...describeFailure(error), level: 'error' }];
    return { ...nothing, problems, ...(isRefusal(error) && { isRefused: true }) };
  }
}

const isArchive = (compression: Compression): boolean => ['gzip', 'zstd', 'xz'].includes(compression);

/** Compression says nothing of what is inside. */
async function holdsCapture(file: FoundFile, compression: Compression): Promise<boolean> {
  if (!isArchive(compression)) return compression === 'capture';
  try {
    for await (const chunk of openPlain(file, compression)) return isCapture(chunk);
  } catch {
    // A broken archive is told when it is read.
  }
  return false;
}

async function prepareCapture(
  file: FoundFile,
  compression: Compression,
  spool: Spool,
): Promise<PreparedFile> {
  const read = await readCapture(file, compression, spool);
  if (read === null) {
    const what = 'a packet capture: could not look, since tshark is not installed';
    const advice = 'install tshark (Debian: apt-get install tshark)';
    return {
      path: file.path,
      contentHash: '',
      stretches: [],
      problems: [{ where: file.path, what, advice, level: 'unread' }],
    };
  }
  const { stretch, contentHash, packets, others, trouble } = read;
  const problems: InputProblem[] = [];
  if (trouble !== '')
    problems.push(
      problem(
        file.path,
        trouble,
        `the ${packets} packets before that were read; capture or fetch the file again`,
      ),
    );
  if (others > 0)
    problems.push(
      note(
        file.path,
        `${others} of ${packets} frames have no IP addresses (ARP and the like)`,
        'no analytic reads them',
      ),
    );
  return { path: file.path, contentHash, stretches: stretch.rows > 0 ? [stretch] : [], problems };
}

async function prepareText(
  file: FoundFile,
  compression: Compression,
  spool: Spool,
  headers?: HeaderFinder,
): Promise<PreparedFile> {
  const found = await scan(openPlain(file, compression), headers);
  const problems = problemsOf(file, found, compression);
  const base = { path: file.path, contentHash: found.contentHash, problems };
  const document = await readDocument(file, compression, found);
  if (document && 'problem' in document)
    return { ...base, stretches: [], problems: [...problems, document.problem] };
  if (document) return { ...base, stretches: [await spoolDocument(document.items, spool)] };
  const isClean = compression === 'none' && found.overlong.length === 0 && found.stretches.length === 1;
  const paths = isClean
    ? [await spool.link(file.at ?? file.path)]
    : await spoolStretches(file, compression, found, spool);
  const stretches = found.stretches
    .map((stretch, index) => ({ ...stretch, plainPath: paths[index]! }))
    .filter((stretch) => stretch.rows > 0);
  return { ...base, stretches: await Promise.all(stretches.map((one) => joinRecords(one, spool))) };
}

/** A record that a log tells in several lines is one row. */
export const joinRecords = async (stretch: PreparedStretch, spool: Spool): Promise<PreparedStretch> =>
  hasAuditRecords(stretch) ? joinAudit(stretch, spool) : stretch;

function problemsOf(file: FoundFile, found: Scan, compression: Compression): InputProblem[] {
  const problems = found.overlong.map((line) =>
    problem(
      `${file.path}:${line}`,
      `line longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB`,
      'left out; split the record',
    ),
  );
  if (found.failure && found.bytes === 0 && isArchive(compression)) {
    const what = `the ${compression} archive cannot be read (${found.failure.message})`;
    problems.push(problem(file.path, what, `decompress it first (${compression} -d), or fetch it again`));
  } else if (found.failure) {
    const rows = found.stretches.reduce((sum, stretch) => sum + stretch.rows, 0);
    problems.push(
      problem(
        file.path,
        `the ${compression === 'none' ? 'file' : compression === 'parquet' ? 'Parquet file' : `${compression} archive`} breaks off (${found.failure.message})`,
        `the ${rows} rows before the break were read; ${compression === 'parquet' ? 'write it again, best with zstd' : 'fetch the file again'}`,
      ),
    );
  }
  return problems;
}

const problem = (where: string, what: string, advice: string): InputProblem => ({
  where,
  what,
  advice,
  level: 'error',
});
const note = (where: string, what: string, advice: string): InputProblem => ({
  where,
  what,
  advice,
  level: 'note',
});

/** Writes each stretch to a file of its own; an overlong line leaves an empty one, so that numbers stay right. */
async function spoolStretches(
  file: FoundFile,
  compression: Compression,
  found: Scan,
  spool: Spool,
): Promise<string[]> {
  const paths = found.stretches.map(() => spool.next());
  const overlong = new Set(found.overlong);
  let index = 0;
  let line = 1;
  let out = new SpoolFile(paths[0]!);
  const turn = async (): Promise<void> => {
    if (found.stretches[index + 1]?.firstLine !== line) return;
    await out.end();
    index += 1;
    out = new SpoolFile(paths[index]!);
  };
  try {
    for await (const chunk of openPlain(file, compression)) {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        await out.write(overlong.has(line) ? chunk.subarray(end, end + 1) : chunk.subarray(start, end + 1));
        start = end + 1;
        line += 1;
        await turn();
      }
      if (!overlong.has(line)) await out.write(chunk.subarray(start));
    }
  } catch (error) {
    if (!found.failure) throw error;
  }
  await out.end();
  return paths;
}

/** A folder of our own with plain names: a path with *, ? or {} would be a pattern to the engine. */
export class Spool {
  #count = 0;
  constructor(readonly folder: string) {}

  static async in(folder: string): Promise<Spool> {
    await mkdir(folder, { recursive: true });
    return new Spool(folder);
  }

  next(): string {
    this.#count += 1;
    return join(this.folder, `${this.#count}.log`);
  }

  async link(path: string): Promise<string> {
    const name = this.next();
    await symlink(resolve(path), name);
    return name;
  }
}
