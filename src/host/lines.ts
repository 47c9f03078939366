const LINE_FEED = 10;

/** Lines of a byte stream, without their line feed. A line beyond `limit` bytes is dropped and counted: nobody here writes one. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  dropped = 0;

  constructor(readonly limit = 8 * 1024 * 1024) {}

  push(bytes: Buffer): Buffer[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const lines: Buffer[] = [];
    let from = 0;
    for (let to = all.indexOf(LINE_FEED); to !== -1; to = all.indexOf(LINE_FEED, from)) {
      lines.push(all.subarray(from, to));
      from = to + 1;
    }
    this.#rest = all.subarray(from);
    if (this.#rest.length > this.limit) {
      this.#rest = Buffer.alloc(0);
      this.dropped += 1;
    }
    return lines;
  }
}
