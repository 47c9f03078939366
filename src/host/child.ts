import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { findProgram, PROGRAM_ENVIRONMENT } from './programs.js';

export type { ChildProcess } from 'node:child_process';

/** How long a program may take to end after each signal, in milliseconds. */
const PATIENCE: [NodeJS.Signals, number][] = [
  ['SIGINT', 4000],
  ['SIGTERM', 2000],
  ['SIGKILL', 5000],
];

const closings = new WeakMap<ChildProcess, Promise<void>>();

export interface StartOptions extends SpawnOptions {
  /** Goes on when this process dies, as an engine must, whose containers would be left without it. Default: false. */
  outlives?: boolean;
}

/** Starts a program without a shell. Unless it `outlives` this process it dies with it, where setpriv is there to arrange that. */
export function start(argv: string[], { outlives = false, ...options }: StartOptions): ChildProcess {
  const isTied = !outlives && findProgram('setpriv') !== null;
  const tied = isTied ? ['setpriv', '--pdeathsig', 'KILL', ...argv] : argv;
  const child = spawn(findProgram(tied[0]!) ?? tied[0]!, tied.slice(1), {
    ...options,
    env: { ...PROGRAM_ENVIRONMENT, ...options.env },
  });
  closings.set(
    child,
    new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    }),
  );
  return child;
}

/** True when, within that time, the child has ended and all it wrote has been read. */
export async function endsWithin(child: ChildProcess, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const ended = (closings.get(child) ?? Promise.resolve()).then(() => true);
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

/** Ends a child by ever harder signals; returns when its output is complete. */
export async function end(child: ChildProcess): Promise<void> {
  for (const [signal, milliseconds] of PATIENCE) {
    child.kill(signal);
    if (await endsWithin(child, milliseconds)) return;
  }
}
