import { createReadStream } from 'node:fs';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/**
 * Lines of a file as bytes, without their LF or CRLF. Splits where the engine does, at LF only: node:readline would also
 * split at a lone CR or at U+2028, which a value may hold.
 */
export async function* readLines(path: string): AsyncIterable<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      yield withoutCarriageReturn(rest.length > 0 ? Buffer.concat([...rest, piece]) : piece);
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield withoutCarriageReturn(Buffer.concat(rest));
}

const withoutCarriageReturn = (line: Buffer): Buffer =>
  line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
