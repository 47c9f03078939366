/** A longer message is none. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

const NEWLINE = 10;
/** "123 <": a message of so many bytes (RFC 6587, octet counting). */
const COUNT = /^(\d{1,9}) </;
/** As far as one must see to tell. */
const COUNT_BYTES = 11;

/** Messages out of a TCP stream, framed by their length or by line feeds, each as it comes. */
export class SyslogFrames {
  /** Messages left out since the last look: too long, or cut off by the end of the connection. */
  overlong = 0;
  unfinished = 0;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a counted message that are passed over; below 0: up to the next line feed. */
  #skip = 0;

  push(bytes: Buffer): Buffer[] {
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    for (;;) {
      const taken = this.#passOver(all) ?? this.#take(all, messages);
      if (taken === 0) break;
      all = all.subarray(taken);
    }
    this.#rest = Buffer.from(all);
    return messages;
  }

  /** What is left when the connection ends: a line without its end is a message, half of a counted one is not. */
  end(): Buffer[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length === 0) return [];
    if (!COUNT.test(head(rest))) return [rest];
    this.unfinished += 1;
    return [];
  }

  #passOver(all: Buffer): number | null {
    if (this.#skip === 0 || all.length === 0) return null;
    if (this.#skip > 0) {
      const passed = Math.min(this.#skip, all.length);
      this.#skip -= passed;
      return passed;
    }
    const end = all.indexOf(NEWLINE);
    if (end !== -1) this.#skip = 0;
    return end === -1 ? all.length : end + 1;
  }

  /** Bytes of the message at the beginning; 0 while it is not whole. */
  #take(all: Buffer, messages: Buffer[]): number {
    const start = head(all);
    const count = COUNT.exec(start)?.[1];
    if (count !== undefined)
      return this.#takeCounted(all, { digits: count.length, bytes: Number(count) }, messages);
    if (/^\d{0,9} ?$/.test(start) && all.length < COUNT_BYTES) return 0;
    const end = all.indexOf(NEWLINE);
    if (end > MAX_MESSAGE_BYTES || (end === -1 && all.length > MAX_MESSAGE_BYTES)) {
      this.overlong += 1;
      this.#skip = -1;
      return this.#passOver(all)!;
    }
    if (end > 0) messages.push(all.subarray(0, end));
    return end + 1;
  }

  #takeCounted(
    all: Buffer,
    { digits, bytes }: { digits: number; bytes: number },
    messages: Buffer[],
  ): number {
    const from = digits + 1;
    if (bytes > MAX_MESSAGE_BYTES) {
      this.overlong += 1;
      this.#skip = bytes;
      return from;
    }
    if (all.length < from + bytes) return 0;
    messages.push(all.subarray(from, from + bytes));
    return from + bytes;
  }
}

const head = (bytes: Buffer): string => bytes.toString('latin1', 0, COUNT_BYTES);

/** One message as one line: a line feed within it must not begin another, which its sender would have written. */
export function asLine(message: Buffer): Buffer {
  let end = message.length;
  while (end > 0 && (message[end - 1]! === NEWLINE || message[end - 1]! === 13 || message[end - 1]! === 0))
    end -= 1;
  const line = message.subarray(0, end);
  if (!line.includes(NEWLINE)) return Buffer.from(line);
  return Buffer.from(line.toString('latin1').replaceAll('\n', '#012'), 'latin1');
}
