import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Engines and network tools lie in sbin, which not every user has in PATH. */
export const LAB_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Runs a program to its end. Arguments are never a shell's. */
export function run(program: string, args: string[], input?: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { env: LAB_ENV, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const said = stderr.trim().split('\n').slice(-3).join(' ');
        reject(new Error(`${program} ${args.join(' ')}: ${said || error.message}`));
      },
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** The arguments that run a program inside a network namespace. `ip netns exec` would hide the cgroups behind a /sys of its own. */
const inside = (netns: string, program: string, args: string[]): [string, string[]] => [
  'nsenter',
  [`--net=/run/netns/${netns}`, program, ...args],
];

export const runInside = (netns: string, program: string, args: string[], input?: string): Promise<string> =>
  run(...inside(netns, program, args), input);

export function startInside(
  netns: string,
  program: string,
  args: string[],
  options: SpawnOptions = {},
): ChildProcess {
  return spawn(...inside(netns, program, args), { env: LAB_ENV, ...options });
}

/** A process as nobody else will be it: its id, and when it started in clock ticks since boot. */
export interface ProcessMark {
  pid: number;
  startedAt: string;
}

export async function markOf(pid: number): Promise<ProcessMark | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return { pid, startedAt: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! };
  } catch {
    return null;
  }
}

/** Ends a process if it is still the one that was marked: TERM first, KILL when it has not gone within the time. */
export async function end(mark: ProcessMark, patienceMs = 15_000): Promise<void> {
  const isSame = async () => (await markOf(mark.pid))?.startedAt === mark.startedAt;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!(await isSame())) return;
    try {
      process.kill(mark.pid, signal);
    } catch {
      return;
    }
    const until = Date.now() + (signal === 'SIGTERM' ? patienceMs : 2_000);
    while (Date.now() < until && (await isSame()) && !(await isZombie(mark.pid))) await sleep(50);
    if (await isZombie(mark.pid)) return;
  }
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is there. Throws the last reason when the time is up. */
export async function until<T>(what: string, ask: () => Promise<T | null>, limitMs = 20_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    let reason = 'not yet';
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      reason = (error as Error).message;
    }
    if (Date.now() > deadline) throw new Error(`${what}: ${reason}`);
    await sleep(50);
  }
}
