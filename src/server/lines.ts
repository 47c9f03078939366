import { MAX_LINE_BYTES } from '../ingest/scan.js';
import { Refusal } from './refusal.js';

/** Records as the journal takes them: one a line. */
export interface Lines {
  bytes: Buffer;
  count: number;
}

const [NUL, NEWLINE, RETURN, BLANK] = [0x00, 0x0a, 0x0d, 0x20];
const MIB = 1024 * 1024;

const tooLong = (record: number): Refusal =>
  new Refusal(
    413,
    `record ${record}: longer than ${MAX_LINE_BYTES / MIB} MiB, which no source reads; send it in parts or leave it out`,
  );

/** Collects records, each of which stays on its line whatever stands in it. */
export class LineWriter {
  #out: Buffer;
  #length = 0;
  count = 0;

  constructor(expectedBytes: number) {
    this.#out = Buffer.allocUnsafe(Math.max(256, expectedBytes));
  }

  /** JSON that was checked: a line break in it stands between its parts and means nothing. */
  add(json: Buffer, before = '', after = ''): void {
    const begin = this.#length;
    this.#room(json.length + before.length + after.length + 1);
    this.#length += this.#out.write(before, this.#length, 'latin1');
    const start = this.#length;
    this.#length += json.copy(this.#out, this.#length);
    blankBreaks(this.#out.subarray(start, this.#length));
    this.#length += this.#out.write(after, this.#length, 'latin1');
    this.#end(begin);
  }

  /** A line of text; its line breaks become blanks. A record of nothing is none. */
  addText(text: string): void {
    const bytes = withoutNuls(Buffer.from(text.replace(/[\r\n]+$/, '')));
    if (bytes.length === 0) return;
    blankBreaks(bytes);
    const begin = this.#length;
    this.#room(bytes.length + 1);
    this.#length += bytes.copy(this.#out, this.#length);
    this.#end(begin);
  }

  done(): Lines {
    return { bytes: this.#out.subarray(0, this.#length), count: this.count };
  }

  #end(begin: number): void {
    this.count += 1;
    if (this.#length - begin > MAX_LINE_BYTES) throw tooLong(this.count);
    this.#out[this.#length] = NEWLINE;
    this.#length += 1;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#length + bytes));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
  }
}

function blankBreaks(bytes: Buffer): void {
  for (const mark of [NEWLINE, RETURN])
    for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) bytes[at] = BLANK;
}

/** Text with visible NULs: a file that is full of them is taken for no text, and its other lines would be lost with them. */
function withoutNuls(bytes: Buffer): Buffer {
  return bytes.includes(NUL)
    ? Buffer.from(bytes.toString('latin1').replaceAll('\0', '\\x00'), 'latin1')
    : bytes;
}

/** First bytes of archives and captures. A file is told by them, so no line may stand first that begins with such. */
const MAGICS = [
  '1f8b',
  '28b52ffd',
  'fd377a585a00',
  '425a68',
  '50415231',
  'd4c3b2a1',
  'a1b2c3d4',
  '4d3cb2a1',
  'a1b23c4d',
];

/** Lines as they came. */
export function plainLines(body: Buffer): Lines {
  let start = 0;
  while (body[start] === NEWLINE || body[start] === RETURN) start += 1;
  const text = withoutNuls(body.subarray(start));
  const count = countLines(text);
  const isMistakable = MAGICS.some((magic) => text.toString('hex', 0, magic.length / 2) === magic);
  return { bytes: isMistakable ? Buffer.concat([Buffer.from('\n'), text]) : text, count };
}

/** Lines that are not empty. */
function countLines(text: Buffer): number {
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline === -1 ? text.length : newline;
    if (end - start > MAX_LINE_BYTES) throw tooLong(count + 1);
    if (end > start && !(end === start + 1 && text[start] === RETURN)) count += 1;
    start = end + 1;
  }
  return count;
}
