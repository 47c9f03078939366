import { posix } from 'node:path';
import { errnoName } from '../host/errno.js';
import type { RawRecord } from './activity-frames.js';
import { credentialIn } from './credential-files.js';

/** What the records are made with. `null` stands for what cannot be known any more. */
export interface Surroundings {
  /** Wall time of nanoseconds since boot, ISO 8601. */
  timeAt(ns: bigint): string;
  /** Full id of the container of a cgroup; '' for none. */
  containerOf(cgroup: string, pid: number): string;
  /** Name of a running process. */
  nameOf(pid: number): string | null;
  /** Whole command line of a running process, each argument ended by a zero byte. */
  commandLineOf(pid: number): Buffer | null;
  /** Folder a relative path starts from: a descriptor, or -100 for the working directory. */
  folderOf(pid: number, descriptor: number): string | null;
  /** A line of the process or the file log. */
  emit(log: 'process' | 'file', record: object): void;
}

/** Longest text the kernel side tells, in bytes. A text of this length may have been longer. */
export interface Limits {
  textBytes: number;
  argvBytes: number;
}

/** Bytes of the record's argv beyond which it is cut. */
const MOST_ARGV_BYTES = 64 * 1024;
/** How many processes and files are remembered. */
const MOST_REMEMBERED = 16_384;
/** Openings of one file by one container told between two ticks (10 s); the rest is counted. */
const MOST_OPENINGS = 20;
const ESTABLISHED = 1;

interface Running {
  name: string;
  ppid: number;
}

interface Pending {
  record: Extract<RawRecord, { kind: 'exec' }>;
  container: string;
  file: string;
  parts: Buffer[];
  got: number;
  ticks: number;
}

/** Puts together what the kernel side told in pieces, names the container, and leaves out what is in none. */
export class ActivityRecords {
  readonly #execFiles = new Map<number, string>();
  readonly #pending = new Map<string, Pending>();
  readonly #running = new Map<number, Running>();
  readonly #folders = new Map<number, string>();
  /** By inode: the path it was opened by, and in which container. */
  readonly #opened = new Map<string, { path: string; isComplete: boolean; container: string }>();
  readonly #openings = new Map<string, number>();
  /** Openings that were not told because the same file had been opened too often. */
  repeated = 0;

  constructor(
    readonly around: Surroundings,
    readonly limits: Limits,
  ) {}

  take(record: RawRecord): void {
    switch (record.kind) {
      case 'tick':
        this.#tick();
        break;
      case 'exec_file':
        remember(this.#execFiles, record.pid, record.file);
        break;
      case 'exec':
        this.#takeExec(record);
        break;
      case 'argv':
        this.#takeArgv(record);
        break;
      case 'exec_failed':
        this.#takeFailure(record);
        break;
      case 'connect':
        this.#takeConnect(record);
        break;
      case 'open':
        this.#takeOpen(record);
        break;
      case 'written':
        this.#takeWritten(record);
        break;
      case 'cgroup':
        break;
    }
  }

  /** Bytes that were counted and not told when the kernel side ended. */
  takeRemainder(pid: number, inode: string, bytes: number): void {
    const file = this.#opened.get(inode);
    if (file === undefined) return;
    this.around.emit('file', {
      ...heading('write', new Date().toISOString(), null),
      pid,
      name: this.#nameOf(pid),
      container: file.container,
      path: file.path,
      path_complete: file.isComplete,
      bytes,
    });
  }

  /** Tells what is still waiting for a piece: it will not come. */
  flush(): void {
    for (const key of [...this.#pending.keys()]) this.#finish(key);
  }

  #takeExec(record: Extract<RawRecord, { kind: 'exec' }>): void {
    const file = this.#execFiles.get(record.pid) ?? '';
    this.#execFiles.delete(record.pid);
    const container = this.around.containerOf(record.cgroup, record.pid);
    if (container === '') return;
    remember(this.#running, record.pid, { name: asText(record.name), ppid: record.ppid });
    this.#folders.delete(record.pid);
    const key = `${record.pid} ${record.ns}`;
    this.#pending.set(key, { record, container, file, parts: [], got: 0, ticks: 0 });
    if (record.length === 0) this.#finish(key);
  }

  #takeArgv(piece: Extract<RawRecord, { kind: 'argv' }>): void {
    const key = `${piece.pid} ${piece.ns}`;
    const pending = this.#pending.get(key);
    if (!pending || pending.parts[piece.index] !== undefined) return;
    pending.parts[piece.index] = piece.bytes;
    pending.got += piece.bytes.length;
    if (pending.got >= Math.min(pending.record.length, this.limits.argvBytes)) this.#finish(key);
  }

  #finish(key: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    this.#pending.delete(key);
    const { record, container, file } = pending;
    const told = contiguous(pending.parts);
    const whole =
      told.length >= record.length ? told : (this.#askCommandLine(record.pid, record.length, told) ?? told);
    const bytes = whole.subarray(0, MOST_ARGV_BYTES);
    this.around.emit('process', {
      ...heading('exec', this.around.timeAt(record.ns), record.ns),
      pid: record.pid,
      ppid: record.ppid,
      uid: record.uid,
      name: asText(record.name),
      parent: this.#nameOf(record.ppid),
      container,
      cgroup: record.cgroup,
      file: asText(file),
      file_complete: file !== '' && file.length < this.limits.textBytes - 1,
      argv: splitArguments(bytes),
      argv_complete: bytes.length === record.length,
    });
  }

  /** The process itself, while it lives and still is the same: its command line begins with what was told. */
  #askCommandLine(pid: number, length: number, told: Buffer): Buffer | null {
    const asked = this.around.commandLineOf(pid);
    return asked?.length === length && asked.subarray(0, told.length).equals(told) ? asked : null;
  }

  #takeFailure(record: Extract<RawRecord, { kind: 'exec_failed' }>): void {
    const container = this.around.containerOf(record.cgroup, record.pid);
    if (container === '') return;
    this.around.emit('process', {
      ...heading('exec_failed', this.around.timeAt(record.ns), record.ns),
      pid: record.pid,
      name: this.#nameOf(record.pid),
      container,
      cgroup: record.cgroup,
      file: asText(record.file),
      file_complete: record.file.length < this.limits.textBytes - 1,
      error: errnoName(record.error),
    });
  }

  #takeConnect(record: Extract<RawRecord, { kind: 'connect' }>): void {
    const container = this.around.containerOf(record.cgroup, record.pid);
    if (container === '') return;
    this.around.emit('process', {
      ...heading('connect', this.around.timeAt(record.ns), record.ns),
      pid: record.pid,
      name: this.#nameOf(record.pid),
      container,
      cgroup: record.cgroup,
      source: withoutMapping(record.source),
      source_port: record.sourcePort,
      destination: withoutMapping(record.destination),
      destination_port: record.destinationPort,
      established: record.state === ESTABLISHED,
    });
  }

  #takeOpen(record: Extract<RawRecord, { kind: 'open' }>): void {
    const container = this.around.containerOf(record.cgroup, record.pid);
    if (container === '') return;
    const { path, isComplete } = this.#resolve(record);
    if (record.isWrite) remember(this.#opened, record.inode, { path, isComplete, container });
    const credential = credentialIn(path);
    if (!record.isWrite && credential === null) return;
    const key = `${container} ${record.isWrite} ${path}`;
    const times = (this.#openings.get(key) ?? 0) + 1;
    remember(this.#openings, key, times);
    if (times > MOST_OPENINGS) {
      this.repeated += 1;
      return;
    }
    this.around.emit('file', {
      ...heading(record.isWrite ? 'open_write' : 'read', this.around.timeAt(record.ns), record.ns),
      pid: record.pid,
      name: this.#nameOf(record.pid),
      container,
      path,
      path_complete: isComplete,
      ...(credential !== null && { credential }),
    });
  }

  #takeWritten(record: Extract<RawRecord, { kind: 'written' }>): void {
    const container = this.around.containerOf(record.cgroup, record.pid);
    if (container === '') return;
    const file = this.#opened.get(record.inode) ?? { path: asText(record.name), isComplete: false };
    this.around.emit('file', {
      ...heading('write', this.around.timeAt(record.ns), record.ns),
      pid: record.pid,
      name: this.#nameOf(record.pid),
      container,
      path: file.path,
      path_complete: file.isComplete,
      bytes: record.bytes,
    });
  }

  /** The path from the container's root. The working directory of a process that is gone is taken from its parent. */
  #resolve(record: Extract<RawRecord, { kind: 'open' }>): { path: string; isComplete: boolean } {
    const given = asText(record.path);
    const isWhole = given !== '' && record.path.length < this.limits.textBytes - 1;
    if (given.startsWith('/')) return { path: posix.normalize(given), isComplete: isWhole };
    const folder = this.#folderOf(record.pid, record.folder);
    return folder === null
      ? { path: given, isComplete: false }
      : { path: posix.join(folder, given), isComplete: isWhole };
  }

  #folderOf(pid: number, descriptor: number): string | null {
    const asked = this.around.folderOf(pid, descriptor);
    if (descriptor >= 0) return asked;
    if (asked !== null) remember(this.#folders, pid, asked);
    return asked ?? this.#folders.get(pid) ?? this.#folders.get(this.#running.get(pid)?.ppid ?? -1) ?? null;
  }

  #nameOf(pid: number): string {
    const known = this.#running.get(pid);
    if (known) return known.name;
    const name = this.around.nameOf(pid);
    if (name === null) return '';
    remember(this.#running, pid, { name, ppid: -1 });
    return name;
  }

  #tick(): void {
    this.#openings.clear();
    for (const [key, pending] of [...this.#pending]) {
      pending.ticks += 1;
      if (pending.ticks > 1) this.#finish(key);
    }
  }
}

/** Begins each record. Both clocks: wall time for people and other logs, nanoseconds since boot for order. */
function heading(record: string, time: string, ns: bigint | null): object {
  return { sensor: 'stowaway', record, time, ...(ns !== null && { monotonic_ns: ns.toString() }) };
}

/** Text of bytes that came as latin1. What is no UTF-8 becomes U+FFFD. */
const asText = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

/** Pieces up to the first that is missing. */
function contiguous(parts: Buffer[]): Buffer {
  // Array.from fills holes, which indexOf would pass over.
  const missing = Array.from(parts).indexOf(undefined as never);
  return Buffer.concat(missing === -1 ? parts : parts.slice(0, missing));
}

/** Arguments of a command line in which each ends with a zero byte; the last of a cut one lacks it. */
export function splitArguments(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const words = bytes.toString('utf8').split('\0');
  if (words.at(-1) === '') words.pop();
  return words;
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_REMEMBERED) map.delete(map.keys().next().value!);
}
