/** A kernel clock that steps more than this, in nanoseconds, from ours has counted a suspension that ours left out. */
const SUSPENSION = 1_000_000_000n;

/**
 * Turns nanoseconds since boot, as the kernel's tracing counts them, into wall time.
 * The offset is measured where the wall clock's millisecond turns over, so that it is right to some microseconds.
 */
export class WallClock {
  #offset = measureOffset();
  #skew = 0n;

  measure(): void {
    this.#offset = measureOffset();
  }

  /** Compares a time the kernel has just told with our own clock: they differ by the time the machine was suspended. */
  compare(kernelNs: bigint, ownNs = process.hrtime.bigint()): void {
    const difference = kernelNs - ownNs;
    this.#skew = difference > SUSPENSION ? difference : 0n;
  }

  /** ISO 8601 with microseconds, UTC. */
  at(kernelNs: bigint): string {
    const ns = kernelNs - this.#skew + this.#offset;
    const iso = new Date(Number(ns / 1_000_000n)).toISOString();
    return `${iso.slice(0, -1)}${String((ns / 1000n) % 1000n).padStart(3, '0')}Z`;
  }
}

/** Wall time less monotonic time, in nanoseconds. Spins for at most a millisecond. */
function measureOffset(): bigint {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return BigInt(now) * 1_000_000n - process.hrtime.bigint();
}
