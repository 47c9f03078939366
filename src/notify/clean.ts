import { clip, forJsonOutput, forTerminal } from '../output/escape.js';

/** One line of plain text of at most `limit` characters: what steers a terminal or a reading direction is shown, not obeyed. */
export function clean(text: string, limit: number): string {
  // Cut before as well: escapes make text longer, never shorter.
  return clip(forTerminal(text.slice(0, 2 * limit)), limit);
}

/** JSON whose every character is safe to print. */
export const safeJson = (value: unknown): string => forJsonOutput(JSON.stringify(value));

/** Every text of a value cut to `limit` characters, every list to `most` elements, keys too. */
export function bounded<T>(value: T, { limit, most }: { limit: number; most: number }): T {
  const visit = (each: unknown): unknown => {
    if (typeof each === 'string') return clip(each, limit);
    if (Array.isArray(each)) return each.slice(0, most).map(visit);
    if (each === null || typeof each !== 'object') return each;
    const entries = Object.entries(each).slice(0, most);
    return Object.fromEntries(entries.map(([key, inner]) => [clip(key, limit), visit(inner)]));
  };
  return visit(value) as T;
}
