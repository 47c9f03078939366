/** First rest after a failure, and the longest one that is ours to choose. */
const FIRST_MS = 5000;
const LONGEST_MS = 15 * 60_000;

/**
 * How long to rest after the nth failure in a row: doubled each time, between half of that and the whole by chance, so that
 * what failed together does not come back together; never shorter than the receiver asked for.
 *
 * @param random 0..1
 */
export function restMs(failures: number, random: number, retryAfterSeconds = 0): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return Math.max(Math.round(full * (0.5 + random / 2)), retryAfterSeconds * 1000);
}
