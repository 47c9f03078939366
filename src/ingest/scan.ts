import { createHash } from 'node:crypto';
import type { HeaderFinder, Table } from './table.js';

/** A longer line is no log record; it is reported and left out, and costs no memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** The first rows, then the 16th, 32nd, 64th …: a log that changes its kind later shows it. */
const FIRST_SAMPLES = 15;
const isSampled = (row: number): boolean => row <= FIRST_SAMPLES || (row & (row - 1)) === 0;
const SAMPLE_BYTES = 64 * 1024;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const HASH = 35;

/** The header of a Zeek TSV log, as far as reading needs it. */
export interface ZeekHeader {
  path: string;
  fields: string[];
  /** Of #types; empty when the log does not say. */
  types: string[];
  separator: string;
  setSeparator: string;
  unset: string;
  empty: string;
}

/** A stretch of a file under one header (or none): what one source reads in one go. */
export interface Stretch {
  /** 1-based number of its first line in the file. */
  firstLine: number;
  lines: number;
  /** Lines that are neither blank nor start with #. */
  rows: number;
  header: ZeekHeader | null;
  /** Set where a line of names, or a format known by its places, says what the columns are. */
  table?: Table;
  /** First rows, for recognition; each cut at 64 KiB. */
  samples: string[];
}

export interface Scan {
  stretches: Stretch[];
  /** Line numbers over MAX_LINE_BYTES. */
  overlong: number[];
  /** Of the decompressed bytes: the same log is the same whether compressed or not. */
  contentHash: string;
  bytes: number;
  /** Why the bytes ended early, e.g. a truncated archive. */
  failure: Error | null;
}

/** Reads a log once, without keeping it: lines, headers, samples and a hash. Never throws for what the bytes are. */
export async function scan(chunks: AsyncIterable<Buffer>, headers?: HeaderFinder): Promise<Scan> {
  const state = new LineCounter(headers);
  const hash = createHash('sha1');
  let bytes = 0;
  let failure: Error | null = null;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      state.add(chunk);
    }
  } catch (error) {
    failure = error as Error;
  }
  state.end();
  return {
    stretches: state.stretches,
    overlong: state.overlong,
    contentHash: hash.digest('hex'),
    bytes,
    failure,
  };
}

class LineCounter {
  readonly stretches: Stretch[] = [];
  readonly overlong: number[] = [];
  #line = 0;
  #current: Stretch = { firstLine: 1, lines: 0, rows: 0, header: null, samples: [] };
  #pending = newHeader();
  /** The start of a line that began in an earlier chunk, and its length so far. */
  #prefix: Buffer[] = [];
  #prefixBytes = 0;
  #length = 0;

  constructor(readonly headers: HeaderFinder | undefined) {}

  add(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      if (this.#length === 0) this.#take(chunk, start, end, end - start);
      else this.#finishCarried(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#carry(chunk.subarray(start));
  }

  end(): void {
    if (this.#length > 0) this.#finishCarried(Buffer.alloc(0));
    this.stretches.push(this.#current);
  }

  #carry(rest: Buffer): void {
    this.#length += rest.length;
    if (this.#prefixBytes >= SAMPLE_BYTES) return;
    const kept = Buffer.from(rest.subarray(0, SAMPLE_BYTES));
    this.#prefix.push(kept);
    this.#prefixBytes += kept.length;
  }

  #finishCarried(rest: Buffer): void {
    this.#carry(rest);
    const line = Buffer.concat(this.#prefix);
    const length = this.#length;
    this.#prefix = [];
    this.#prefixBytes = 0;
    this.#length = 0;
    this.#take(line, 0, line.length, length);
  }

  #take(chunk: Buffer, start: number, end: number, length: number): void {
    this.#line += 1;
    const stretch = this.#current;
    stretch.lines += 1;
    if (length === 0 || (length === 1 && chunk[start] === CARRIAGE_RETURN)) return;
    if (length > MAX_LINE_BYTES) {
      this.overlong.push(this.#line);
      return;
    }
    if (chunk[start] === HASH) {
      this.#comment(chunk.toString('utf8', start, Math.min(end, start + SAMPLE_BYTES)).replace(/\r$/, ''));
      return;
    }
    if (!stretch.header) {
      const table = this.headers?.find(chunk, start, end);
      if (table) {
        this.#openTable(table);
        return;
      }
    }
    stretch.rows += 1;
    if (isSampled(stretch.rows)) {
      stretch.samples.push(
        chunk.toString('utf8', start, Math.min(end, start + SAMPLE_BYTES)).replace(/\r$/, ''),
      );
    }
  }

  /** Collects a Zeek header; a #fields line that differs from the one in force opens a new stretch. */
  #comment(text: string): void {
    const pending = this.#pending;
    const separator = /^#separator (.+)$/.exec(text);
    if (separator) {
      this.#pending = { ...newHeader(), separator: unescapeSeparator(separator[1]!) };
      return;
    }
    const [key, ...values] = text.split(pending.separator);
    if (key === '#set_separator') pending.setSeparator = values[0] || ',';
    if (key === '#path') pending.path = values[0] ?? '';
    if (key === '#unset_field') pending.unset = values[0] ?? '-';
    if (key === '#empty_field') pending.empty = values[0] ?? '(empty)';
    const current = this.#current;
    if (key === '#types' && current.header) current.header.types = values;
    if (key !== '#fields') return;
    const header = { ...pending, fields: values };
    if (current.header && isSameHeader(current.header, header)) return;
    this.#turn().header = header;
  }

  /** A line of names is no row, wherever it stands; one that differs from that in force opens a new stretch. */
  #openTable(table: Table): void {
    if (this.#current.table?.line !== table.line) this.#turn().table = table;
  }

  /** The stretch that begins with this line. What was read so far stays with it while that holds no row. */
  #turn(): Stretch {
    const current = this.#current;
    if (current.rows === 0) return current;
    current.lines -= 1;
    this.stretches.push(current);
    this.#current = { firstLine: this.#line, lines: 1, rows: 0, header: null, samples: [] };
    return this.#current;
  }
}

const newHeader = (): ZeekHeader => ({
  path: '',
  fields: [],
  types: [],
  separator: '\t',
  setSeparator: ',',
  unset: '-',
  empty: '(empty)',
});

/** #types follows #fields, so it is not known yet when two headers are compared. */
const isSameHeader = (a: ZeekHeader, b: ZeekHeader): boolean =>
  JSON.stringify({ ...a, types: [] }) === JSON.stringify({ ...b, types: [] });

const unescapeSeparator = (text: string): string =>
  text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
