import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProcess, end, start } from '../host/child.js';
import { findProgram } from '../host/programs.js';
import { FrameReader, lostEvents, parseFrame, parseRemainder } from './activity-frames.js';
import { ActivityRecords } from './activity-records.js';
import { ARGV_BYTES, activityScript, TEXT_BYTES } from './activity-script.js';
import { Cgroups } from './cgroups.js';
import { OutputFile } from './output-file.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';
import { WallClock } from './wall-clock.js';

/** How long compiling and attaching may take, in milliseconds; a busy machine needs several seconds. */
const STARTING = 60_000;
/** After each look at the output it gathers for some milliseconds, since waking for every line costs more than reading it. */
const GATHERING = 10;
/** Characters that come at once only when there is too much to wait. */
const BURST = 16_384;
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;
/** Keys of each of the kernel side's tables, and pages of its ring per processor. */
const KEYS = '16384';
const PAGES = '512';

/** bpftrace finds tracepoints in tracefs; where nobody has mounted it, it is mounted in a mount namespace of bpftrace's own. */
const MOUNT_AND_RUN =
  '[ -e /sys/kernel/tracing/events ] || [ -e /sys/kernel/debug/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing || exit 1; exec "$@"';

/** Commands, connections and files of containers, by tracepoints. */
export class ActivitySensor implements Sensor {
  readonly #processes: OutputFile;
  readonly #files: OutputFile;
  readonly #report: Report;
  readonly #clock = new WallClock();
  readonly #cgroups = new Cgroups();
  readonly #records: ActivityRecords;
  /** Holds the program, which holds the word nobody else may know; removed once it is read. */
  #scratch = '';
  #frames = new FrameReader('');
  #child: ChildProcess | null = null;
  #said = '';
  #isStopping = false;
  #retry: NodeJS.Timeout | null = null;

  constructor(folder: string, rotateBytes?: number) {
    const paths = [join(folder, 'process.ndjson'), join(folder, 'file.ndjson')] as const;
    this.#report = new Report('activity', [...paths]);
    this.#processes = new OutputFile(paths[0], this.#report.loseLines, rotateBytes);
    this.#files = new OutputFile(paths[1], this.#report.loseLines, rotateBytes);
    this.#records = new ActivityRecords(
      {
        timeAt: (ns) => this.#clock.at(ns),
        containerOf: (cgroup, pid) => this.#cgroups.containerOf(cgroup, pid),
        nameOf: (pid) => orNull(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()),
        commandLineOf: (pid) => orNull(() => readFileSync(`/proc/${pid}/cmdline`)),
        folderOf: (pid, descriptor) =>
          orNull(() => readlinkSync(`/proc/${pid}/${descriptor < 0 ? 'cwd' : `fd/${descriptor}`}`)),
        emit: (log, record) =>
          (log === 'process' ? this.#processes : this.#files).line(JSON.stringify(record)),
      },
      { textBytes: TEXT_BYTES, argvBytes: ARGV_BYTES },
    );
  }

  async start(): Promise<void> {
    const missing = whatIsMissing();
    if (missing !== null) return this.#report.off(missing);
    this.#report.note('how', 'bpftrace on tracepoints');
    await this.#launch(FIRST_RETRY);
  }

  status(): SensorStatus {
    const { repeated } = this.#records;
    this.#report.note('repeated', repeated > 0 ? `${repeated} repeated openings of files not told` : '');
    return this.#report.status();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#retry) clearTimeout(this.#retry);
    if (this.#child) await end(this.#child);
    this.#records.flush();
    this.#processes.close();
    this.#files.close();
    this.#removeScratch();
  }

  /** Returns when the kernel side looks, or has ended, or takes too long; in the last case it may still come. */
  async #launch(retryMs: number): Promise<void> {
    const nonce = randomBytes(12).toString('hex');
    this.#removeScratch();
    this.#scratch = mkdtempSync(join(tmpdir(), 'stowaway-sense-'));
    const script = join(this.#scratch, 'activity.bt');
    writeFileSync(script, activityScript(nonce, hostMountNamespaces()), { mode: 0o600 });
    this.#frames = new FrameReader(nonce);
    const bpftrace = ['bpftrace', '-B', 'line', script];
    const child = start(['unshare', '--mount', 'sh', '-c', MOUNT_AND_RUN, 'sh', ...bpftrace], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        BPFTRACE_STRLEN: String(TEXT_BYTES),
        BPFTRACE_MAP_KEYS_MAX: KEYS,
        BPFTRACE_PERF_RB_PAGES: PAGES,
      },
    });
    this.#child = child;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#takeComplaint(text));
    const looks = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, STARTING);
      const settle = () => {
        clearTimeout(timer);
        resolve();
      };
      const stdout = child.stdout!.setEncoding('latin1');
      stdout.on('data', (text: string) => {
        this.#take(text);
        if (text.length < BURST && !this.#isStopping) {
          stdout.pause();
          setTimeout(() => stdout.resume(), GATHERING);
        }
        if (this.#report.isOn) settle();
      });
      child.once('error', (error) => {
        this.#said = error.message;
        settle();
      });
      child.once('close', () => {
        this.#ended(retryMs);
        settle();
      });
    });
    await looks;
    if (!this.#report.isOn && !this.#retry) this.#report.off('bpftrace has not begun to look yet');
  }

  #ended(retryMs: number): void {
    if (this.#isStopping) return;
    const wasOn = this.#report.isOn;
    const reason = `bpftrace ended: ${this.#said.slice(0, 300)}`;
    // What never ran is not tried for ever: the kernel lacks something.
    if (!wasOn && this.#report.gaps.length === 0) {
      this.#report.off(reason);
      return;
    }
    this.#report.interrupt(reason);
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.#launch(Math.min(retryMs * 2, LAST_RETRY));
    }, retryMs);
  }

  #removeScratch(): void {
    if (this.#scratch !== '') rmSync(this.#scratch, { recursive: true, force: true });
    this.#scratch = '';
  }

  #take(text: string): void {
    const { frames, outside } = this.#frames.push(text);
    for (const frame of frames) this.#takeFrame(frame);
    for (const line of outside) this.#takeOutside(line);
    if (this.#frames.broken > 0) {
      this.#report.lose('broken records', this.#frames.broken);
      this.#frames.broken = 0;
    }
  }

  #takeFrame(frame: string): void {
    const record = parseFrame(frame);
    if (record === null) {
      this.#report.lose('broken records', 1);
      return;
    }
    if (record.kind === 'tick') {
      this.#clock.compare(record.ns);
      this.#clock.measure();
      if (!this.#report.isOn && !this.#isStopping) {
        this.#report.on();
        this.#removeScratch();
      }
    }
    if (record.kind === 'cgroup')
      this.#cgroups.note(record.id, record.path, record.path.length >= TEXT_BYTES - 1);
    this.#records.take(record);
  }

  /** What bpftrace says of itself: events it lost, and when it ends, the bytes of files that were still open. */
  #takeOutside(line: string): void {
    const lost = lostEvents(line);
    this.#report.lose('events', lost);
    const remainder = parseRemainder(line);
    if (remainder) this.#records.takeRemainder(remainder.pid, remainder.inode, remainder.bytes);
  }

  #takeComplaint(text: string): void {
    for (const line of text.split('\n')) {
      const lost = lostEvents(line);
      if (lost > 0) this.#report.lose('events', lost);
      else if (/error/i.test(line) && !line.includes('RLIMIT_MEMLOCK')) this.#said = line;
    }
  }
}

/** Why bpftrace cannot run here, or null. */
function whatIsMissing(): string | null {
  if (!findProgram('bpftrace')) return 'bpftrace is not installed';
  if (process.getuid?.() !== 0) return 'bpftrace needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux'))
    return 'this kernel has no type information (CONFIG_DEBUG_INFO_BTF)';
  return null;
}

/** Numbers of the mount namespaces that are the host's: this process's and the first process's, mostly the same. */
function hostMountNamespaces(): number[] {
  const numbers = ['self', '1'].map((process) =>
    orNull(() => Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${process}/ns/mnt`))![1])),
  );
  return [...new Set(numbers.filter((number) => number !== null))];
}

function orNull<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
