import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildProcess, start } from '../host/child.js';
import { inNetns } from '../host/programs.js';
import type { Run } from '../host/run.js';
import type { Cgroup } from './change.js';
import { parseConntrack } from './conntrack.js';
import { FlowProgress } from './flow-progress.js';
import { controlOf, isMoving, judge } from './judge.js';
import type { Verification } from './ledger.js';
import { Watched, type WatchedSpec } from './watched.js';

export interface WatchRequest extends WatchedSpec {
  /** Of a container on the host's network: its sockets tell its flows, its addresses do not. */
  cgroup: Cgroup | null;
  netns: string | null;
  isPause: boolean;
}

/** Begins to watch; `settled` ends it. */
export type WatchFlows = (request: WatchRequest) => Promise<FlowWatch>;

export interface FlowWatch {
  /**
   * Call when the effect is done, with epoch milliseconds. Watches until all is silent for the window or the patience is
   * over, then judges. Never throws: a sensor that fails is a verdict.
   */
  settled(moments: { began: number; done: number; approved: number }): Promise<Verification>;
  /** Ends watching without a verdict. */
  stop(): Promise<void>;
}

const SAMPLE_MS = 100;
/** A socket's send buffer may hold seconds of a slow transfer, which the kernel sends on for a paused process. */
const PATIENCE_MS = 15_000;
const WINDOW_MS = 2000;
const BEFORE_MS = 1000;
const CONTROL_AFTER_MS = 700;

/** Looks it takes to see that something moves, and how much longer a busy machine may take for them. */
const LOOKS_BEFORE = 3;
const LONGEST_BEFORE_MS = 5000;

/**
 * Polls the connection table of the engine's network namespace. One second passes before it returns, to see what moves; more
 * where the machine is too busy for a few looks within a second.
 */
export const watchConntrack =
  (run: Run): WatchFlows =>
  async (request) => {
    const watch = new ConntrackWatch(run, request);
    watch.start();
    await sleep(BEFORE_MS);
    const until = Date.now() + LONGEST_BEFORE_MS - BEFORE_MS;
    while (watch.isLooking && watch.looks < LOOKS_BEFORE && Date.now() < until) await sleep(SAMPLE_MS);
    return watch;
  };

class ConntrackWatch implements FlowWatch {
  readonly #watched: Watched;
  readonly #progress: FlowProgress;
  #failure: string | null = null;
  #isStopped = false;
  #loop: Promise<void> = Promise.resolve();
  #control: ChildProcess | null = null;

  constructor(
    private readonly run: Run,
    private readonly request: WatchRequest,
  ) {
    this.#watched = new Watched(request);
    this.#progress = new FlowProgress(this.#watched);
  }

  get looks(): number {
    return this.#progress.timeline.length;
  }

  get isLooking(): boolean {
    return this.#failure === null;
  }

  start(): void {
    this.#loop = this.#poll();
  }

  async #poll(): Promise<void> {
    while (!this.#isStopped) {
      const asked = Date.now();
      try {
        const flows = await this.#sample();
        // The later moment: what a sample shows had moved by then.
        this.#progress.add(Date.now(), flows);
      } catch (error) {
        this.#failure = (error as Error).message;
      }
      this.#startControlWhenStill();
      // A large table must not keep a core busy.
      await sleep(Math.max(SAMPLE_MS - (Date.now() - asked), 3 * (Date.now() - asked), 10));
    }
  }

  async #sample() {
    if (this.request.cgroup) await this.#noteSockets(this.request.cgroup);
    const families = this.#watched.hasIpv6 ? ['ipv4', 'ipv6'] : ['ipv4'];
    const parts = [];
    for (const family of families) {
      const argv = inNetns(this.request.netns, ['conntrack', '-L', '-f', family, '-o', 'id,extended']);
      const { code, stdout, stderr } = await this.run(argv);
      if (code !== 0) throw new Error(`conntrack: ${stderr.trim().slice(0, 200)}`);
      parts.push(...parseConntrack(stdout));
    }
    return parts;
  }

  async #noteSockets({ path }: Cgroup): Promise<void> {
    const argv = ['ss', '-Htuna', 'cgroup', `/sys/fs/cgroup/${path}`];
    const { code, stdout, stderr } = await this.run(inNetns(this.request.netns, argv));
    if (code !== 0) throw new Error(`ss: ${stderr.trim().slice(0, 200)}`);
    this.#watched.noteSockets(stdout);
  }

  /** Nobody else's flow moves: a connection of our own to loopback shows that the sensor lives. */
  #startControlWhenStill(): void {
    const { timeline } = this.#progress;
    const last = timeline.at(-1);
    const from = last && timeline.findLast((each) => each.at <= last.at - CONTROL_AFTER_MS);
    if (this.#control || !from || controlOf(from, last)) return;
    const argv = inNetns(this.request.netns, [process.execPath, '-e', CONTROL_FLOW]);
    this.#control = start(argv, { stdio: 'ignore' });
    this.#control.on('error', () => {}); // Then there is no control, and the verdict says so.
  }

  async settled(moments: { began: number; done: number; approved: number }): Promise<Verification> {
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until && !this.#isSilent(moments.done)) await sleep(SAMPLE_MS);
    await this.stop();
    const verdict = judge({
      ...moments,
      timeline: this.#progress.timeline,
      windowMs: WINDOW_MS,
      isPause: this.request.isPause,
    });
    return verdict.verdict === 'not verified' && this.#failure
      ? { ...verdict, says: `${verdict.says} (${this.#failure})` }
      : verdict;
  }

  #isSilent(done: number): boolean {
    const { timeline } = this.#progress;
    const last = timeline.at(-1);
    const from = last && timeline.findLast((each) => each.at >= done && each.at <= last.at - WINDOW_MS);
    return (
      from !== undefined && !isMoving(from, last!, this.request.isPause) && controlOf(from, last!) !== null
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
    this.#control?.kill('SIGKILL');
  }
}

/** A connection from loopback to loopback that sends a byte every 100 ms and ends by itself after a minute. */
const CONTROL_FLOW = `
const net = require('node:net');
const server = net.createServer((socket) => socket.resume().on('error', () => {}));
server.listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.on('error', () => process.exit(1));
  setInterval(() => socket.write('.'), 100);
});
setTimeout(() => process.exit(0), 60000);
`;
