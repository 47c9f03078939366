import { clip, forJsonOutput, forTerminal } from '../output/escape.js';

/** One line of plain text of at most `limit` characters: what steers a terminal or a reading direction is shown, not obeyed. */
export function clean(text: string, limit: number): string {
  // Cut before as well: escapes make text longer, never shorter.
  return clip(forTerminal(text.slice(0, 2 * limit)), limit);
}

/** JSON whose every character is safe to print. */
export const safeJson = (value: unknown): string => forJsonOutput(JSON.stringify(value));

/** Tried one after the other: longest text, most elements of a list. */
const LIMITS = [
  { limit: 4000, most: 200 },
  { limit: 1000, most: 50 },
  { limit: 200, most: 20 },
  { limit: 60, most: 12 },
] as const;

/** The value with its texts and lists cut as far as it takes to be no longer than `mostBytes` of JSON, or as far as it goes. */
export function cutToFit<T>(value: T, mostBytes = 200_000): T {
  let cut = value;
  for (const limits of LIMITS) {
    cut = bounded(value, limits);
    if (Buffer.byteLength(safeJson(cut)) <= mostBytes) break;
  }
  return cut;
}

function bounded<T>(value: T, { limit, most }: { limit: number; most: number }): T {
  const visit = (each: unknown): unknown => {
    if (typeof each === 'string') return clip(each, limit);
    if (Array.isArray(each)) return each.slice(0, most).map(visit);
    if (each === null || typeof each !== 'object') return each;
    // What our own objects are made of has fewer keys than the least of the limits for lists.
    const entries = Object.entries(each).slice(0, Math.max(most, 40));
    return Object.fromEntries(entries.map(([key, inner]) => [clip(key, limit), visit(inner)]));
  };
  return visit(value) as T;
}
