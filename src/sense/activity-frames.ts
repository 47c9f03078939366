/** What the kernel side of the activity sensor told; times in nanoseconds since boot, texts as latin1 bytes. */
export type RawRecord =
  /** Sent regularly: the clock, and that it lives. */
  | { kind: 'tick'; ns: bigint }
  | { kind: 'cgroup'; id: string; path: string }
  /** The file that is about to be executed; the exec record of the same process follows. */
  | { kind: 'exec_file'; pid: number; file: string }
  | {
      kind: 'exec';
      ns: bigint;
      pid: number;
      ppid: number;
      uid: number;
      cgroup: string;
      length: number;
      name: string;
    }
  | { kind: 'argv'; ns: bigint; pid: number; index: number; bytes: Buffer }
  | { kind: 'exec_failed'; ns: bigint; pid: number; cgroup: string; error: number; file: string }
  | {
      kind: 'connect';
      ns: bigint;
      pid: number;
      cgroup: string;
      source: string;
      sourcePort: number;
      destination: string;
      destinationPort: number;
      state: number;
    }
  | {
      kind: 'open';
      ns: bigint;
      pid: number;
      cgroup: string;
      inode: string;
      isWrite: boolean;
      folder: number;
      path: string;
    }
  | { kind: 'written'; ns: bigint; pid: number; cgroup: string; inode: string; bytes: number; name: string };

/** Longest record in bytes; nothing the kernel side prints comes near it. */
const LONGEST = 64 * 1024;

/**
 * Finds records in what bpftrace prints. A record stands between marks that hold a random word; nothing else is believed, whatever
 * it looks like. What stands outside of marks is bpftrace's own and comes back as lines.
 */
export class FrameReader {
  readonly #open: string;
  readonly #close: string;
  #rest = '';
  /** Records that lacked their end, or were longer than any is. */
  broken = 0;

  constructor(nonce: string) {
    this.#open = `<${nonce} `;
    this.#close = `>${nonce}\n`;
  }

  /** `text` is latin1, so that each character is a byte. */
  push(text: string): { frames: string[]; outside: string[] } {
    this.#rest += text;
    const frames: string[] = [];
    const outside: string[] = [];
    for (;;) {
      const from = this.#rest.indexOf(this.#open);
      if (from === -1) {
        this.#takeOutside(outside);
        break;
      }
      if (from > 0) outside.push(...linesOf(this.#rest.slice(0, from)));
      const body = from + this.#open.length;
      const to = this.#rest.indexOf(this.#close, body);
      const next = this.#rest.indexOf(this.#open, body);
      if (next !== -1 && (to === -1 || next < to)) {
        this.broken += 1;
        this.#rest = this.#rest.slice(next);
        continue;
      }
      if (to === -1) {
        this.#rest = this.#rest.slice(from);
        if (this.#rest.length > LONGEST) {
          this.broken += 1;
          this.#rest = '';
        }
        break;
      }
      frames.push(this.#rest.slice(body, to));
      this.#rest = this.#rest.slice(to + this.#close.length);
    }
    return { frames, outside };
  }

  /** Whole lines are told; the rest may be the beginning of a mark. */
  #takeOutside(outside: string[]): void {
    const end = this.#rest.lastIndexOf('\n') + 1;
    outside.push(...linesOf(this.#rest.slice(0, end)));
    this.#rest = this.#rest.slice(end);
    if (this.#rest.length > LONGEST) this.#rest = this.#rest.slice(-this.#open.length);
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Fields of each kind of record, in order. A text comes last and may hold anything. */
const SHAPES: Record<string, RegExp> = {
  T: /^T (\d{1,20})$/,
  G: /^G (\d{1,20}) (.*)$/s,
  F: /^F (\d{1,10}) (.*)$/s,
  E: /^E (\d{1,20}) (\d{1,10}) (\d{1,10}) (-?\d{1,10}) (\d{1,20}) (\d{1,20}) (.*)$/s,
  A: /^A (\d{1,20}) (\d{1,10}) (\d{1,5}) ((?:\\x[0-9a-f]{2})*)$/,
  X: /^X (\d{1,20}) (\d{1,10}) (\d{1,20}) (-\d{1,5}) (.*)$/s,
  C: /^C (\d{1,20}) (\d{1,10}) (\d{1,20}) ([0-9a-f:.]+) (\d{1,5}) ([0-9a-f:.]+) (\d{1,5}) (\d{1,2})$/,
  O: /^O (\d{1,20}) (\d{1,10}) (\d{1,20}) (\d{1,20}) (\d{1,10}) (-?\d{1,10}) (.*)$/s,
  W: /^W (\d{1,20}) (\d{1,10}) (\d{1,20}) (\d{1,20}) (\d{1,20}) (.*)$/s,
};

/** The record of a frame, or null when it is none. */
export function parseFrame(frame: string): RawRecord | null {
  const found = SHAPES[frame[0] ?? '']?.exec(frame);
  if (!found) return null;
  const text = (index: number) => found[index]!;
  const number = (index: number) => Number(found[index]);
  const ns = () => BigInt(text(1));
  switch (frame[0]) {
    case 'T':
      return { kind: 'tick', ns: ns() };
    case 'G':
      return { kind: 'cgroup', id: text(1), path: text(2) };
    case 'F':
      return { kind: 'exec_file', pid: number(1), file: text(2) };
    case 'E':
      return {
        kind: 'exec',
        ns: ns(),
        pid: number(2),
        ppid: number(3),
        uid: number(4) >>> 0,
        cgroup: text(5),
        length: number(6),
        name: text(7),
      };
    case 'A':
      return {
        kind: 'argv',
        ns: ns(),
        pid: number(2),
        index: number(3),
        bytes: Buffer.from(text(4).replaceAll('\\x', ''), 'hex'),
      };
    case 'X':
      return {
        kind: 'exec_failed',
        ns: ns(),
        pid: number(2),
        cgroup: text(3),
        error: -number(4),
        file: text(5),
      };
    case 'C':
      return {
        kind: 'connect',
        ns: ns(),
        pid: number(2),
        cgroup: text(3),
        source: text(4),
        sourcePort: number(5),
        destination: text(6),
        destinationPort: number(7),
        state: number(8),
      };
    case 'O':
      return {
        kind: 'open',
        ns: ns(),
        pid: number(2),
        cgroup: text(3),
        inode: text(4),
        isWrite: number(5) !== 0,
        folder: number(6),
        path: text(7),
      };
    default:
      return {
        kind: 'written',
        ns: ns(),
        pid: number(2),
        cgroup: text(3),
        inode: text(4),
        bytes: number(5),
        name: text(6),
      };
  }
}

/** A count of bytes written that bpftrace prints when it ends: `@b[pid, inode]: bytes`. */
export function parseRemainder(line: string): { pid: number; inode: string; bytes: number } | null {
  const found = /^@b\[(\d{1,10}), (-?\d{1,20})\]: (\d{1,20})$/.exec(line);
  if (!found) return null;
  return {
    pid: Number(found[1]),
    inode: BigInt.asUintN(64, BigInt(found[2]!)).toString(),
    bytes: Number(found[3]),
  };
}

/** How many events bpftrace says were lost. */
export function lostEvents(line: string): number {
  return Number(/^Lost (\d+) events/.exec(line)?.[1] ?? 0);
}
