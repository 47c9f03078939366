import { spawn } from 'node:child_process';
import { PROGRAM_ENVIRONMENT } from './programs.js';

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunSettings {
  stdin?: string | Buffer;
  /** Default 30 s. */
  timeoutMs?: number;
}

/**
 * Runs a program to its end. Words reach it as they are: there is no shell.
 *
 * @throws Error when it cannot be started, takes longer than `timeoutMs` or prints more than 256 MiB
 */
export type Run = (argv: string[], settings?: RunSettings) => Promise<RunResult>;

/** A connection table of a million entries, listed, is a little less. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

export const runProgram: Run = (argv, { stdin = '', timeoutMs = 30_000 } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      env: PROGRAM_ENVIRONMENT,
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
export async function runOk(run: Run, argv: string[], settings?: RunSettings): Promise<string> {
  const { code, stdout, stderr } = await run(argv, settings);
  if (code !== 0)
    throw new Error(`${argv.join(' ').slice(0, 200)}: exit code ${code}: ${stderr.trim().slice(-400)}`);
  return stdout;
}

/** As `runProgram`, with a program that cannot be run to its end as exit code 127: for those whose absence is an answer. */
export const tryProgram: Run = (argv, settings) =>
  runProgram(argv, settings).catch((error: Error) => ({ code: 127, stdout: '', stderr: error.message }));
