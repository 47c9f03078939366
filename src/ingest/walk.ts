import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { InputProblem } from '../model/hunt-result.js';

export interface FoundFile {
  /** As the user is told of it. */
  path: string;
  bytes: number;
  /** Where its bytes lie, when that is not `path`: a member of an archive, standard input. */
  at?: string;
  /** Id of the source it is said to be; without it, or with null, its content tells. */
  source?: string | null;
}

/**
 * Every regular file under the paths, in a stable order. A folder without permission, a missing path or a
 * loop of links is a problem with its place; the rest is still found.
 */
export async function walk(paths: string[]): Promise<{ files: FoundFile[]; problems: InputProblem[] }> {
  const files: FoundFile[] = [];
  const problems: InputProblem[] = [];
  const seen = new Set<string>();
  for (const path of paths) for (const found of await matching(path)) await visit(found);
  if (files.length === 0 && problems.length === 0) {
    problems.push({
      where: paths.join(', '),
      what: 'no files here',
      advice: 'name a folder that holds logs',
      level: 'error',
    });
  }
  return { files, problems };

  async function visit(path: string): Promise<void> {
    try {
      const real = await realpath(path);
      if (seen.has(real)) return;
      seen.add(real);
      const info = await stat(real);
      if (info.isDirectory()) {
        const names = (await readdir(path)).filter((name) => !name.startsWith('.git')).sort();
        for (const name of names) await visit(join(path, name));
      } else if (info.isFile()) {
        files.push({ path, bytes: info.size });
      }
    } catch (error) {
      problems.push({ where: path, ...describeFailure(error), level: 'error' });
    }
  }
}

/** A pattern that the shell did not expand; a file that is called like one comes first, and one that nothing matches is named as missing. */
async function matching(path: string): Promise<string[]> {
  if (!isDynamicPattern(path) || (await stat(path).catch(() => null)) !== null) return [path];
  const found = await glob(path, { absolute: isAbsolute(path), onlyFiles: false, expandDirectories: false });
  return found.length > 0 ? found.sort() : [path];
}

/** Whether the system refused, whatever the file holds: full disks, too many open files. */
export const isRefusal = (error: unknown): boolean =>
  /^E[A-Z0-9]+$/.test(String((error as NodeJS.ErrnoException).code ?? ''));

/** What the file system's refusal means to a user, and what to do. */
export function describeFailure(error: unknown): { what: string; advice: string } {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') {
    return { what: 'no permission to read', advice: 'run as a user who may read it, or copy it' };
  }
  if (code === 'ENOENT') return { what: 'no such file or folder', advice: 'check the path' };
  if (code === 'ELOOP')
    return { what: 'a loop of symbolic links', advice: 'name the folder it should point to' };
  return { what: (error as Error).message, advice: 'check the file' };
}
