import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** By which commands of the same user ask a running server for what only it can do: a socket, since its store and folder are its own. */
const SOCKET = 'control.sock';

/** How long somebody who connected may say nothing. */
const PATIENCE_MS = 5_000;

/** What is done, and what is said of it. Both are JSON. */
export type Answers = Record<string, (asked: unknown) => Promise<unknown>>;

/** Answers until it is closed. Who may write into the state folder may ask. */
export async function openControl(
  stateFolder: string,
  answers: Answers,
): Promise<{ close(): Promise<void> }> {
  const path = join(stateFolder, SOCKET);
  const server = createServer((socket) => void answer(socket, answers));
  // Of a process that was killed; the folder is ours by its lock.
  await rm(path, { force: true });
  await new Promise<void>((listening, reject) => {
    server.once('error', reject);
    server.listen(path, listening);
  });
  await chmod(path, 0o600);
  return {
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

/** One line asks, one line answers. */
async function answer(socket: Socket, answers: Answers): Promise<void> {
  // Whoever asked may have gone.
  socket.on('error', () => undefined);
  try {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    const asked = JSON.parse(await firstLine(socket)) as { what: string; of: unknown };
    socket.setTimeout(0);
    const work = Object.hasOwn(answers, asked.what) ? answers[asked.what] : undefined;
    if (!work) throw new Error(`this server does not know ${asked.what}; is it of another release?`);
    socket.end(`${JSON.stringify({ done: await work(asked.of) })}\n`);
  } catch (error) {
    socket.end(`${JSON.stringify({ failed: (error as Error).message })}\n`);
  }
}

async function firstLine(socket: Socket): Promise<string> {
  for await (const line of createInterface({ input: socket })) return line;
  throw new Error('nothing was said');
}

/** What a running server did not do, in its words. */
export class ControlError extends Error {
  override name = 'ControlError';
}

/**
 * Asks the server of a state folder. Null when none runs.
 *
 * @throws ControlError
 */
export async function askServer<T>(
  stateFolder: string,
  what: string,
  of: unknown,
): Promise<{ done: T } | null> {
  const socket = createConnection(join(stateFolder, SOCKET));
  try {
    await new Promise<void>((connected, reject) => {
      socket.once('connect', connected);
      socket.once('error', reject);
    });
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  socket.on('error', () => undefined);
  socket.write(`${JSON.stringify({ what, of })}\n`);
  const said = await firstLine(socket).catch(() => null);
  socket.destroy();
  if (said === null) throw new ControlError('the server ended before it was done');
  const { done, failed } = JSON.parse(said) as { done?: T; failed?: string };
  if (failed !== undefined) throw new ControlError(failed);
  return { done: done as T };
}
