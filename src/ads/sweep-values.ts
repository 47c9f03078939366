import type { Parameter, Strategy } from '../model/strategy.js';

/** A range this many times as wide as its start is walked in factors rather than in equal steps. */
const WIDE = 100;

/** Whole numbers below this are near each other: half the factor. */
const SMALL = 64;

/**
 * About `steps` values from the stated range, in order, and the current one among them. A narrow range is divided evenly. In a wide one
 * the values lie around the current, each twice the one before (√2 for small whole numbers), and both ends of the range.
 */
export function sweepValues({ type, default: current, range }: Parameter, steps: number): number[] {
  if (typeof current !== 'number' || !range) return [];
  const [least, most] = range;
  const isWhole = /Int/.test(type);
  const round = (value: number): number => (isWhole ? Math.round(value) : Number(value.toPrecision(3)));
  const start = isWhole ? Math.max(least, 1) : least;
  const isWide = start > 0 && current > 0 && most / start > WIDE;
  const raw = isWide
    ? around(current, range, { steps, factor: isWhole && current < SMALL ? Math.SQRT2 : 2 })
    : evenly(range, steps);
  const rounded = raw.map((value) => Math.min(most, Math.max(least, round(value))));
  return [...new Set([...rounded, current])].sort((a, b) => a - b);
}

function around(
  current: number,
  [least, most]: [number, number],
  { steps, factor }: { steps: number; factor: number },
): number[] {
  const reach = Math.max(1, Math.floor((steps - 3) / 2));
  const near = Array.from({ length: 2 * reach + 1 }, (_, index) => current * factor ** (index - reach));
  return [least, ...near.filter((value) => value > least && value < most), most];
}

const evenly = ([least, most]: [number, number], count: number): number[] =>
  Array.from({ length: count }, (_, index) => least + ((most - least) * index) / Math.max(1, count - 1));

/** In order, the current one among them; none that crosses the other threshold. Empty where there is no number to change. */
export function fittingValues(
  strategy: Strategy,
  { name, default: current }: Parameter,
  values: number[],
): number[] {
  if (typeof current !== 'number') return [];
  const fits = values.filter((value) =>
    name === 'openAt'
      ? value <= strategy.openAtSingleClass
      : name !== 'openAtSingleClass' || value >= strategy.openAt,
  );
  return [...new Set([...fits, current])].sort((a, b) => a - b);
}

/** What stowaway.yaml would have to say. */
export const patchOf = (strategy: string, { name, default: current }: Parameter, value: number): string =>
  ['parameters:', `  ${strategy}:`, `    ${name}: ${value} # was ${current}`].join('\n');
