import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where host programs lie; the caller's PATH often lacks the sbin folders, and may be somebody else's. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const CHILD_ENVIRONMENT = { PATH: FOLDERS.join(':'), LC_ALL: 'C', TZ: 'UTC' };

/** How long a program may take to end after each signal, in milliseconds. */
const PATIENCE: [NodeJS.Signals, number][] = [
  ['SIGINT', 4000],
  ['SIGTERM', 2000],
  ['SIGKILL', 5000],
];

/** The absolute path of a host program, or null. */
export function findProgram(name: string): string | null {
  for (const folder of FOLDERS) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** argv to run inside the network namespace of that name under /run/netns. */
export function inNetns(netns: string | undefined, argv: string[]): string[] {
  return netns === undefined ? argv : ['nsenter', `--net=/run/netns/${netns}`, ...argv];
}

const closings = new WeakMap<ChildProcess, Promise<void>>();

/** Starts a program without a shell. It dies with this process, where setpriv is there to arrange it. */
export function start(argv: string[], options: SpawnOptions): ChildProcess {
  const tied = findProgram('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', ...argv] : argv;
  const child = spawn(findProgram(tied[0]!) ?? tied[0]!, tied.slice(1), {
    ...options,
    env: { ...CHILD_ENVIRONMENT, ...options.env },
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

/** Runs a program to its end and returns what it said. */
export function run(
  argv: string[],
  input = '',
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = start(argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin!.on('error', () => {});
    child.on('error', (error) => resolve({ exitCode: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ exitCode: code ?? 128, stdout, stderr }));
    child.stdin!.end(input);
  });
}
