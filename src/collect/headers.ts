import type { HeaderFinder } from '../ingest/table.js';

/** As a checkpoint keeps it. */
export interface HeaderState {
  /** Base64: a header need not be text. */
  header: string;
  clock: string;
  /** The last line was one of a Zeek header: more may follow. */
  isOpen: boolean;
}

const NO_HEADER: HeaderState = { header: '', clock: '', isOpen: false };

/** A longer header is none. */
const MOST_BYTES = 64 * 1024;
const NEWLINE = 10;
const HASH = 35;
const EQUALS = 61;
const ZEEK = /^#(?:separator|set_separator|empty_field|unset_field|path|open|fields|types)\b/;
/** A time that holds for the lines below it. */
const CLOCK = /^(?:#|==) [0-9.]+\s*$/;

/** Follows a log line by line, and knows what a piece from its middle must begin with: Zeek's header, a line of names, the last clock. */
export class Headers {
  #header: Buffer;
  #clock: Buffer;
  #isOpen: boolean;

  constructor(
    readonly finder: HeaderFinder,
    { header, clock, isOpen }: HeaderState = NO_HEADER,
  ) {
    this.#header = Buffer.from(header, 'base64');
    this.#clock = Buffer.from(clock, 'base64');
    this.#isOpen = isOpen;
  }

  /** What the next line cannot be read without; empty when that is nothing. */
  get current(): Buffer {
    return Buffer.concat([this.#header, this.#clock]);
  }

  get state(): HeaderState {
    return {
      header: this.#header.toString('base64'),
      clock: this.#clock.toString('base64'),
      isOpen: this.#isOpen,
    };
  }

  /** Takes notice of whole lines that were read. */
  pass(lines: Buffer): void {
    let start = 0;
    for (let end = lines.indexOf(NEWLINE); end !== -1; end = lines.indexOf(NEWLINE, start)) {
      this.#line(lines, start, end);
      start = end + 1;
    }
  }

  #line(lines: Buffer, start: number, end: number): void {
    const first = lines[start];
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (first === HASH || first === EQUALS) {
      if (end - start > MOST_BYTES) return;
      const text = lines.toString('latin1', start, end);
      if (CLOCK.test(text)) this.#clock = Buffer.from(lines.subarray(start, end + 1));
      else if (ZEEK.test(text))
        this.#zeek(lines.subarray(start, end + 1), wasOpen && !/^#separator\b/.test(text));
    } else if (this.#header[0] !== HASH && this.finder.find(lines, start, end)) {
      this.#header = Buffer.from(lines.subarray(start, end + 1));
    }
  }

  #zeek(line: Buffer, isMore: boolean): void {
    this.#isOpen = true;
    this.#header = isMore ? Buffer.concat([this.#header, line]) : Buffer.from(line);
    if (this.#header.length > MOST_BYTES) this.#header = Buffer.alloc(0);
  }
}
