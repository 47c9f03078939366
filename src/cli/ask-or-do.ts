import { join } from 'node:path';
import { forTerminal } from '../output/escape.js';
import { EXIT, ExitError } from './exit.js';

interface Question {
  stateFolder: string;
  /** By which name a running server knows it. */
  what: string;
  of: unknown;
}

/** Has the running server of a state folder do it, or does it where none runs: the folder belongs to one process. */
export async function askOrDo<T>({ stateFolder, what, of }: Question, work: () => Promise<T>): Promise<T> {
  const [{ askServer }, { lockFolder }] = await Promise.all([
    import('../live/control.js'),
    import('../collect/folder-lock.js'),
  ]);
  const answer = await askServer<T>(stateFolder, what, of);
  if (answer !== null) return answer.done;
  const release = await lockFolder(join(stateFolder, 'journal'));
  try {
    return await work();
  } finally {
    await release();
  }
}

type ErrorKind = new (...given: never[]) => Error;

/** What is for the user to mend is told in one line: these, and what a server of the state folder says. */
export async function tellWhy(kinds: ErrorKind[], work: () => Promise<void>): Promise<void> {
  const [{ ControlError }, { FolderInUseError }] = await Promise.all([
    import('../live/control.js'),
    import('../collect/folder-lock.js'),
  ]);
  try {
    await work();
  } catch (error) {
    const isTold = [ControlError, FolderInUseError, ...kinds].some((kind) => error instanceof kind);
    if (isTold) throw new ExitError(EXIT.error, forTerminal((error as Error).message));
    throw error;
  }
}
