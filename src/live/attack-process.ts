import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildProcess, end, endsWithin, start } from '../host/child.js';
import { PACKAGE_ROOT } from '../model/paths.js';

const PROGRAM = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
const PROGRESS_FILE = 'progress.txt';
const LONGEST_LINE = 300;
const MOST_LINES = 60;
/** How long it may take to remove the lab once it is told to end. */
const CLEAN_UP_MS = 60_000;

/**
 * `stowaway emulate run` as a process of its own: what breaks there breaks no server, and when the server is killed it goes on to its end and
 * removes its lab. It tells its progress into a file, since a pipe would break with the server.
 */
export class AttackProcess {
  readonly recording: string;
  readonly #child: ChildProcess;
  readonly ended: Promise<number>;

  private constructor(
    readonly folder: string,
    argv: string[],
  ) {
    this.recording = join(folder, 'recording');
    const output = openSync(join(folder, PROGRESS_FILE), 'w', 0o600);
    const words = [process.execPath, PROGRAM, ...argv, '--record', this.recording];
    this.#child = start(words, { outlives: true, cwd: folder, stdio: ['ignore', output, output] });
    closeSync(output);
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('close', (code) => resolve(code ?? -1));
      this.#child.once('error', reject);
    });
    this.ended.catch(() => undefined);
  }

  /** `folder` is emptied. */
  static async start(folder: string, argv: string[]): Promise<AttackProcess> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new AttackProcess(folder, argv);
  }

  async progress(): Promise<string[]> {
    const text = await readFile(join(this.folder, PROGRESS_FILE), 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.slice(-MOST_LINES).map((line) => line.slice(0, LONGEST_LINE));
  }

  /** Told once to end, it removes its lab first. */
  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    if (!(await endsWithin(this.#child, CLEAN_UP_MS))) await end(this.#child);
  }
}
