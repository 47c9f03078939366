import { spawn } from 'node:child_process';

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end. Words reach it as they are: there is no shell.
 *
 * @throws Error when it cannot be started, takes longer than `timeoutMs` (default 30 s) or prints more than 256 MiB
 */
export type Run = (argv: string[], options?: { stdin?: string; timeoutMs?: number }) => Promise<RunResult>;

/** nft, conntrack and ip stand where a user's PATH often does not look. The rest of the environment stays out. */
export const TOOL_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

export const runProgram: Run = (argv, { stdin = '', timeoutMs = 30_000 } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      env: TOOL_ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const parts: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
    let bytes = 0;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
        else parts[name].push(part);
      });
    }
    child.on('error', (cause) =>
      reject(new Error(`${argv[0]} cannot be started: ${cause.message}`, { cause })),
    );
    child.on('close', (code, signal) => {
      const [stdout, stderr] = [Buffer.concat(parts.stdout), Buffer.concat(parts.stderr)].map(String);
      if (signal)
        reject(new Error(`${argv[0]} was ended by ${signal} (over ${timeoutMs} ms, or too much output)`));
      else resolve({ code: code ?? -1, stdout: stdout!, stderr: stderr! });
    });
    child.stdin.on('error', () => {}); // A program that ended before it read is told by its exit code.
    child.stdin.end(stdin);
  });

/** As `run`, with an exit code other than 0 as an error. */
export async function runOk(run: Run, argv: string[], options?: Parameters<Run>[1]): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code !== 0)
    throw new Error(`${argv.join(' ').slice(0, 200)}: exit code ${code}: ${stderr.trim().slice(0, 400)}`);
  return stdout;
}

const NETNS_NAME = /^(?!\.)[A-Za-z0-9._-]{1,64}$/;

export const isNetnsName = (name: string): boolean => NETNS_NAME.test(name);

/** The same program in a named network namespace. Not `ip netns exec`, which mounts another /sys. */
export function inNetns(netns: string | null, argv: string[]): string[] {
  if (netns === null) return argv;
  if (!isNetnsName(netns)) throw new Error(`${JSON.stringify(netns)} is no name of a network namespace`);
  return ['nsenter', `--net=/run/netns/${netns}`, '--', ...argv];
}
