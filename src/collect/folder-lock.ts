import { link, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, markOf, type ProcessMark } from '../host/process-mark.js';

/** Another process, or this one a second time, uses the folder. */
export class FolderInUseError extends Error {
  override name = 'FolderInUseError';
}

/**
 * Takes a folder for this process alone, by a file `lock` with its mark. A lock whose process has ended is taken over: processes of other
 * network namespaces are kept out as well, which a socket of the kernel's would not do.
 *
 * @returns what gives it back
 * @throws FolderInUseError
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = await realpath(folder);
  const lock = join(place, 'lock');
  const own = join(place, `lock.${process.pid}`);
  const mark: ProcessMark = markOf(process.pid) ?? { pid: process.pid, startedAt: '' };
  await writeFile(own, JSON.stringify(mark), { mode: 0o600 });
  try {
    while (!(await isLinked(own, lock))) await clear(lock, place);
  } finally {
    await rm(own, { force: true });
  }
  return () => rm(lock, { force: true });
}

/** A link appears whole or not at all, and only once. */
async function isLinked(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead lock away. What was moved is read again: another process may have put its own there meanwhile. */
async function clear(lock: string, folder: string): Promise<void> {
  await refuseIfHeld(lock, folder);
  const away = `${lock}.dead.${process.pid}`;
  try {
    await rename(lock, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await refuseIfHeld(away, folder);
  } catch (error) {
    await link(away, lock).catch(() => undefined);
    throw error;
  } finally {
    await rm(away, { force: true });
  }
}

async function refuseIfHeld(lock: string, folder: string): Promise<void> {
  const mark = await readMark(lock);
  if (mark !== null && isRunning(mark))
    throw new FolderInUseError(
      `${folder} is used by process ${mark.pid}; stop it, or give this one another state folder`,
    );
}

async function readMark(lock: string): Promise<ProcessMark | null> {
  try {
    const { pid, startedAt } = JSON.parse(await readFile(lock, 'utf8')) as Partial<ProcessMark>;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}
