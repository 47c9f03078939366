import { type ChildProcess, type StartOptions, start } from '../../host/child.js';
import { inNetns } from '../../host/programs.js';
import { runOk, runProgram } from '../../host/run.js';

/** An image that is packed on a busy machine takes its time. */
const TIMEOUT_MS = 60_000;

/** Runs a program to its end; what it printed. @throws Error when it ends with another code than 0 */
export const run = (program: string, args: string[], stdin: string | Buffer = ''): Promise<string> =>
  runOk(runProgram, [program, ...args], { stdin, timeoutMs: TIMEOUT_MS });

export const runInside = (netns: string, program: string, args: string[], stdin = ''): Promise<string> =>
  runOk(runProgram, inNetns(netns, [program, ...args]), { stdin, timeoutMs: TIMEOUT_MS });

/** Starts what the lab's ledger will end: it outlives us, so that an engine is never killed before its containers are. */
export const startInside = (
  netns: string,
  program: string,
  args: string[],
  options: StartOptions = {},
): ChildProcess => start(inNetns(netns, [program, ...args]), { ...options, outlives: true });

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
