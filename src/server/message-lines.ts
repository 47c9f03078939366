import { bodyLines } from './body-lines.js';
import { LineWriter, plainLines } from './lines.js';
import { Refusal } from './refusal.js';

const OPENS_JSON = /^[\s\uFEFF]*[{[]/;

/**
 * The records of one message of a queue, one a line. JSON is taken apart as a request's body is; text is one line, since whoever wrote into it must not
 * begin another. What is no JSON although it begins like it is a line for its source to reject.
 *
 * @returns null when it is too long for any source
 */
export function messageLines(message: Buffer): Buffer | null {
  const isJson = OPENS_JSON.test(message.toString('utf8', 0, 64));
  return (isJson ? unlessRefused(() => bodyLines(message).bytes, 400) : null) ?? textLine(message);
}

function textLine(message: Buffer): Buffer | null {
  return unlessRefused(() => {
    const line = new LineWriter(message.length + 1);
    line.addText(message.toString('utf8'));
    return plainLines(line.done().bytes).bytes;
  }, 413);
}

function unlessRefused(read: () => Buffer, status: Refusal['status']): Buffer | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal && (error.status === status || error.status === 413)) return null;
    throw error;
  }
}
