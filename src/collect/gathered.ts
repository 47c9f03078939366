import { MAX_LINE_BYTES } from '../ingest/scan.js';

const NEWLINE = 10;

/** Bytes as they come, parted into whole lines and one that goes on. */
export class Gathered {
  wholeBytes = 0;
  #whole: Buffer[] = [];
  #open: Buffer[] = [];
  #openBytes = 0;
  #isSkipping = false;
  #overlong = 0;

  add(bytes: Buffer): void {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#goOn(bytes);
      return;
    }
    const from = this.#isSkipping ? bytes.indexOf(NEWLINE) + 1 : 0;
    this.#isSkipping = false;
    for (const part of [...this.#open, bytes.subarray(from, end)]) {
      this.#whole.push(part);
      this.wholeBytes += part.length;
    }
    this.takeOpen();
    this.#goOn(bytes.subarray(end));
  }

  takeWhole(): Buffer {
    const whole = Buffer.concat(this.#whole);
    this.#whole = [];
    this.wholeBytes = 0;
    return whole;
  }

  takeOpen(): Buffer {
    const open = Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    return open;
  }

  takeOverlong(): number {
    const overlong = this.#overlong;
    this.#overlong = 0;
    return overlong;
  }

  #goOn(bytes: Buffer): void {
    if (this.#isSkipping) return;
    this.#open.push(bytes);
    this.#openBytes += bytes.length;
    if (this.#openBytes <= MAX_LINE_BYTES) return;
    this.takeOpen();
    this.#isSkipping = true;
    this.#overlong += 1;
  }
}
