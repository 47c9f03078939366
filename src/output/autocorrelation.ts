/** How much what happens at moments repeats itself after a while: the autocorrelation of their counts in small bins. */

export interface Autocorrelation {
  bin_seconds: number;
  /** Of each lag from one bin on: 1 would be the same again, 0 chance, below 0 the opposite. */
  lags: { seconds: number; value: number }[];
  /** The shortest lag at which it repeats itself nearly as well as anywhere; null where it does not. */
  period: { seconds: number; value: number } | null;
  /** Chance stays below this, 99 times of 100. */
  chance: number;
}

const MOST_BINS = 4096;
/** So many bins at least in one usual pause: a peak has a width. */
const BINS_A_PAUSE = 16;
/** Within so many bins everything resembles itself, by how it is counted. */
const SMOOTHED = 2;
/** A peak below it repeats too little to be called regular. */
const LEAST_VALUE = 0.25;
/** Of the highest peak: its multiples are as high, and the first of them is meant. */
const NEARLY = 0.85;

/** @param seconds moments in order; null where they are too few or all at once */
export function autocorrelate(seconds: readonly number[]): Autocorrelation | null {
  const pauses = seconds.slice(1).map((at, index) => at - seconds[index]!);
  const usual = [...pauses].sort((a, b) => a - b)[pauses.length >> 1] ?? 0;
  const span = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
  if (seconds.length < 6 || span <= 0) return null;
  const width = Math.max(usual / BINS_A_PAUSE, span / MOST_BINS);
  const counts = smoothed(countsOf(seconds, width));
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const rest = counts.map((count) => count - mean);
  const power = rest.reduce((sum, one) => sum + one * one, 0);
  if (power === 0 || counts.length < 8) return null;
  const lags = Array.from({ length: Math.max(0, (counts.length >> 1) - SMOOTHED) }, (_, index) => {
    const lag = index + 1 + SMOOTHED;
    let sum = 0;
    for (let at = 0; at + lag < rest.length; at += 1) sum += rest[at]! * rest[at + lag]!;
    // Long lags have fewer pairs: without this they would seem to fade.
    return { seconds: lag * width, value: (sum / power) * (rest.length / (rest.length - lag)) };
  });
  const chance = 2.58 / Math.sqrt(Math.min(counts.length, 3 * seconds.length));
  return { bin_seconds: width, lags, period: periodOf(lags, Math.max(chance, LEAST_VALUE)), chance };
}

function countsOf(seconds: readonly number[], width: number): number[] {
  const counts = new Array<number>(Math.floor((seconds.at(-1)! - seconds[0]!) / width) + 1).fill(0);
  for (const at of seconds) counts[Math.floor((at - seconds[0]!) / width)]! += 1;
  return counts;
}

/** What is a little early or late still meets. */
const smoothed = (counts: readonly number[]): number[] =>
  counts.map((count, index) => (2 * count + (counts[index - 1] ?? 0) + (counts[index + 1] ?? 0)) / 4);

function periodOf(lags: Autocorrelation['lags'], least: number): Autocorrelation['period'] {
  // Bursts resemble themselves a moment later.
  const start = lags.findIndex(({ value }) => value <= 0);
  if (start === -1) return null;
  const peaks = lags.filter(
    ({ value }, index) =>
      index > start &&
      value >= least &&
      value >= lags[index - 1]!.value &&
      value > (lags[index + 1]?.value ?? Number.NEGATIVE_INFINITY),
  );
  const highest = Math.max(...peaks.map(({ value }) => value));
  return peaks.find(({ value }) => value >= NEARLY * highest) ?? null;
}
