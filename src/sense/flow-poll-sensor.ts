import { type ChildProcess, end, endsWithin, start } from '../host/child.js';
import { LineSplitter } from '../host/lines.js';
import { endedChildrenSeconds } from '../host/process-mark.js';
import { findProgram, gathering, inNetns } from '../host/programs.js';
import { ConntrackDelta } from './conntrack-delta.js';
import { flowFile, NOT_INSTALLED } from './flow-event-sensor.js';
import { OutputFile } from './output-file.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';

/** Share of one core that polling may take. */
const DUTY = 0.01;
/** Weight of the latest poll in what a poll costs on average: the kernel counts in hundredths of a second. */
const LATEST = 0.3;
/** A poll is given up after this long, in milliseconds. */
const PATIENCE = 60_000;
/** Ends the output of each poll, with conntrack's exit code. */
const END = '== end ';

/** Reads the table once for each line it is given: starting conntrack from a small process is much cheaper than from this one. */
const LOOP = `while read -r line; do conntrack -L -o id,extended; echo "${END}$?"; done`;

export interface FlowPollOptions {
  folder: string;
  netns: string | null;
  /** Seconds between two polls while polling is cheap. */
  pollSeconds: number;
  rotateBytes?: number;
}

/** The connection table, read again and again: running transfers, and connections older than the sensor. */
export class FlowPollSensor implements Sensor {
  readonly #file: OutputFile;
  readonly #report: Report;
  readonly #delta = new ConntrackDelta();
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopping = false;
  /** Processor time of one poll on average, and what this process spent on the current one. */
  #costSeconds: number | null = null;
  #parsingSeconds = 0;
  #polling: Promise<void> = Promise.resolve();
  #onEnd: (exitCode: number) => void = () => {};
  #complaint = '';
  /** Epoch seconds of the current poll, which stand above its first line, and above the first in each file. */
  #stamp = '';
  #stampedRotation = -1;

  constructor(readonly options: FlowPollOptions) {
    const path = flowFile(options.folder, 'poll');
    this.#report = new Report('flow-poll', [path]);
    this.#file = new OutputFile(path, this.#report.loseLines, options.rotateBytes);
  }

  async start(): Promise<void> {
    if (!findProgram('conntrack')) return this.#report.off(NOT_INSTALLED);
    await this.#run();
  }

  status(): SensorStatus {
    return this.#report.status();
  }

  /** Polls once more, so that what moved since the last poll is told. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#polling;
    if (this.#report.isOn) await this.#poll();
    const child = this.#child;
    child?.stdin?.end();
    if (child && !(await endsWithin(child, 1000))) await end(child);
    this.#file.close();
  }

  async #run(): Promise<void> {
    this.#polling = this.#poll();
    await this.#polling;
  }

  async #poll(): Promise<void> {
    const child = this.#loop();
    const before = endedChildrenSeconds(child.pid!);
    this.#parsingSeconds = 0;
    const exitCode = await this.#readTable(child);
    const spent = endedChildrenSeconds(child.pid!) - before + this.#parsingSeconds;
    this.#costSeconds =
      this.#costSeconds === null ? spent : this.#costSeconds + LATEST * (spent - this.#costSeconds);
    // A poll much dearer than those before must not be repeated soon.
    const cost = Math.max(this.#costSeconds, spent > 0.1 ? spent : 0);
    const interval = Math.max(this.options.pollSeconds, cost / DUTY);
    if (exitCode === 0) {
      this.#delta.endPoll();
      this.#report.on();
    } else {
      this.#delta.breakOff();
      this.#report.lose('polls', 1);
      this.#report.interrupt(`conntrack -L failed: ${this.#complaint.trim()}`);
    }
    this.#report.note(
      'interval',
      interval > 2 * this.options.pollSeconds
        ? `polls each ${interval.toFixed(0)} s only: reading ${this.#delta.entries} entries takes ${cost.toFixed(2)} s of a core, and polling may take 1 %`
        : '',
    );
    if (!this.#isStopping) this.#timer = setTimeout(() => void this.#run(), interval * 1000);
  }

  /** The process that reads the table when told; a new one where the last has ended. */
  #loop(): ChildProcess {
    if (this.#child) return this.#child;
    const child = start(inNetns(this.options.netns, gathering(['sh', '-c', LOOP])), {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    const lines = new LineSplitter();
    child.stdin!.on('error', () => {});
    child.stdout!.on('data', (bytes: Buffer) => {
      const began = process.hrtime.bigint();
      for (const line of lines.push(bytes)) this.#take(line.toString('latin1'));
      this.#parsingSeconds += Number(process.hrtime.bigint() - began) / 1e9;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = text.slice(-500);
    });
    const onGone = (why: string) => {
      this.#complaint = why || this.#complaint;
      this.#child = null;
      this.#onEnd(127);
    };
    child.once('error', (error) => onGone(error.message));
    child.once('close', () => onGone(''));
    return child;
  }

  #take(line: string): void {
    if (line.startsWith(END)) {
      this.#onEnd(Number(line.slice(END.length)));
      return;
    }
    if (!this.#delta.isNews(line)) return;
    if (this.#stampedRotation !== this.#file.rotations) this.#file.line(`# ${this.#stamp}`);
    this.#stampedRotation = this.#file.rotations;
    this.#file.line(line);
  }

  /** One poll; conntrack's exit code. */
  async #readTable(child: ChildProcess): Promise<number> {
    this.#stamp = (Date.now() / 1000).toFixed(3);
    this.#stampedRotation = -1;
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<number>((resolve) => {
      this.#onEnd = resolve;
      timer = setTimeout(() => {
        this.#complaint = 'it took too long';
        child.kill('SIGKILL');
        resolve(124);
      }, PATIENCE);
    });
    child.stdin!.write('\n');
    return ended.finally(() => clearTimeout(timer));
  }
}
