/** Draws of one seeded stream: the same name gives the same numbers, whatever was drawn before elsewhere. */
export interface Draw {
  /** 0 ≤ x < 1 */
  next(): number;
  between(low: number, high: number): number;
  whole(low: number, high: number): number;
  /** How many of rare, independent things happen where `mean` are expected. */
  count(mean: number): number;
  /** Sizes of requests and files: many small, few large. `spread` is the standard deviation of the logarithm. */
  size(median: number, spread: number): number;
  pick<T>(from: readonly T[]): T;
}

export function drawing(seed: number, name: string): Draw {
  let state = seed >>> 0;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 16_777_619) >>> 0;
  // splitmix32: every state is followed by another, so that no name has a short cycle.
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    whole: (low, high) => Math.floor(low + (high - low + 1) * next()),
    count: (mean) => {
      if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
      const limit = Math.exp(-mean);
      let product = next();
      let counted = 0;
      while (product > limit) {
        product *= next();
        counted += 1;
      }
      return counted;
    },
    size: (median, spread) => Math.max(1, Math.round(median * Math.exp(spread * normal()))),
    pick: (from) => from[Math.floor(next() * from.length)]!,
  };
}
