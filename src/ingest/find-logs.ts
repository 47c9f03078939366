import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Header, Parser, type ReadEntry } from 'tar';
import { keepStandardInput } from '../host/standard-input.js';
import type { InputProblem } from '../model/hunt-result.js';
import { type Compression, detectCompression, openPlain } from './open-plain.js';
import type { Spool } from './prepare.js';
import { describeFailure, type FoundFile, walk } from './walk.js';

/** Every log under the paths, and those found before: files, and members of tar archives. */
export async function findLogs(
  paths: string[],
  spool: Spool,
  found: FoundFile[] = [],
): Promise<{ files: FoundFile[]; problems: InputProblem[] }> {
  const walked = paths.length > 0 ? await walk(paths) : { files: [], problems: [] };
  const opened = await openArchives([...walked.files, ...found], spool);
  return { files: opened.files, problems: [...walked.problems, ...opened.problems] };
}

/** Parts `-` from the paths: what is piped is kept in the folder, since a log is looked at before it is read. Call it before a store is opened. */
export async function takeStandardInput(
  paths: string[],
  folder: string,
): Promise<{ paths: string[]; found: FoundFile[] }> {
  if (!paths.includes('-')) return { paths, found: [] };
  const at = join(folder, 'standard-input');
  await keepStandardInput(at);
  const found = { path: 'standard input', bytes: (await stat(at)).size, at };
  return { paths: paths.filter((path) => path !== '-'), found: [found] };
}

/**
 * Puts the members of tar archives, compressed or not, in the place of the archives; other files stay. A member is shown as
 * `logs.tar.gz!var/log/conn.log` and lies in the spool under a name of ours: nothing is ever written where an archive says.
 */
async function openArchives(
  files: FoundFile[],
  spool: Spool,
): Promise<{ files: FoundFile[]; problems: InputProblem[] }> {
  const opened: FoundFile[] = [];
  const problems: InputProblem[] = [];
  for (const file of files) {
    const compression = await compressionOf(file);
    if (compression === null || !(await isTar(file, compression))) {
      opened.push(file);
      continue;
    }
    const { members, breaks } = await membersOf(file, compression, spool);
    opened.push(...members);
    if (breaks !== null && members.length === 0) {
      // Whoever reads it says what it is.
      opened.push(file);
    } else if (breaks !== null) {
      const what = `the tar archive breaks off (${breaks})`;
      const advice = `the ${members.length} files before the break were read; fetch the archive again`;
      problems.push({ where: file.path, what, advice, level: 'error' });
    } else if (members.length === 0) {
      problems.push({ where: file.path, what: 'empty archive', advice: 'nothing to do', level: 'note' });
    }
  }
  return { files: opened, problems };
}

/** What cannot be opened here is told by who reads it. */
async function compressionOf(file: FoundFile): Promise<Compression | null> {
  try {
    const compression = await detectCompression(file);
    return compression === 'bzip2' || compression === 'parquet' ? null : compression;
  } catch {
    return null;
  }
}

const HEADER_BYTES = 512;

/** By the checksum of its first header, not by a word at a place: a log that somebody wrote that word into is a log. */
async function isTar(file: FoundFile, compression: Compression): Promise<boolean> {
  try {
    let head = Buffer.alloc(0);
    for await (const chunk of openPlain(file, compression)) {
      head = Buffer.concat([head, chunk.subarray(0, HEADER_BYTES)]);
      if (head.length >= HEADER_BYTES) break;
    }
    return head.length >= HEADER_BYTES && head.includes(0) && new Header(head, 0).cksumValid;
  } catch {
    return false;
  }
}

async function membersOf(
  file: FoundFile,
  compression: Compression,
  spool: Spool,
): Promise<{ members: FoundFile[]; breaks: string | null }> {
  const members: FoundFile[] = [];
  const writing: Promise<void>[] = [];
  let breaks: string | null = null;
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      if (!/^(?:Old)?File$|^ContiguousFile$/.test(entry.type)) return void entry.resume();
      const at = spool.next();
      members.push({ path: `${file.path}!${entry.path}`, bytes: entry.size, at });
      const out = createWriteStream(at);
      entry.pipe(out);
      const written = finished(out).catch((error: Error) => {
        breaks ??= error.message;
        entry.unpipe(out);
        entry.resume();
      });
      writing.push(written);
    },
    onwarn: (_code: string, message: string | Error) => {
      breaks ??= typeof message === 'string' ? message : message.message;
    },
  });
  const ended = new Promise<void>((resolve) => {
    parser.once('end', resolve);
    parser.once('abort', resolve);
  });
  try {
    for await (const chunk of openPlain(file, compression)) {
      if (!parser.write(chunk)) await new Promise<void>((resume) => parser.once('drain', resume));
    }
  } catch (error) {
    breaks ??= describeFailure(error).what;
  }
  parser.end();
  await ended;
  await Promise.all(writing);
  const sizes = await Promise.all(members.map(({ at }) => stat(at!)));
  return { members: members.map((member, index) => ({ ...member, bytes: sizes[index]!.size })), breaks };
}
