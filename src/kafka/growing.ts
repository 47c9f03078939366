/** Bytes that are written one after the other, up to a limit. */
export class Growing {
  #bytes = Buffer.alloc(64 * 1024);
  length = 0;

  constructor(readonly limit: number) {}

  append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Repeats what stands `distance` before the end; what is repeated may be what was just written. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.length)
      throw new RangeError('it refers to bytes before its beginning');
    this.#room(count);
    for (let left = count; left > 0; left -= 1) {
      this.#bytes[this.length] = this.#bytes[this.length - distance]!;
      this.length += 1;
    }
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  #room(more: number): void {
    const wanted = this.length + more;
    if (wanted > this.limit)
      throw new RangeError(`it is larger than ${this.limit} bytes when it is decompressed`);
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.min(this.limit, Math.max(wanted, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}
