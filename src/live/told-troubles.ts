import type { TroubleNews } from '../model/live.js';

/** A trouble is told once it lasts; one that went, once it stays away for longer: what comes and goes is no news each time. */
const LASTING_MS = 120_000;
const AWAY_MS = 600_000;

/** A number, a moment, an address in memory, the id of a statement. */
const CHANGING =
  /^(?:\d+(?:[.,:]\d+)*%?|\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?|0x[\da-f]+|[\da-f]{8}(?:-[\da-f]{4,12}){4})$/i;

/**
 * By what a trouble is known again whose text names rates, times and counts: its words, whatever the numbers and the order are. While
 * nothing is judged, what the store says of it may be another thing each time.
 */
export function troubleKey(reason: string): string {
  const words = reason
    .replace(/^not judged since .*/s, 'not judged')
    .split(/\s+/)
    .map((word) => word.replace(/^[^\w/]+|[^\w/%]+$/g, ''))
    .map((word) => (CHANGING.test(word) ? '#' : word.replace(/^[KMGTP]i?B$/, 'B')));
  return [...new Set(words)].sort().join(' ');
}

/** What is known to trouble a strategy, as far as it was told. */
export class ToldTroubles {
  #told: Map<string, string>;
  /** Since when what is otherwise than told is so: milliseconds since 1970. */
  #since = new Map<string, number>();

  constructor(reasons: readonly string[]) {
    this.#told = byKey(reasons);
  }

  /** They are told with something else. */
  tell(reasons: readonly string[]): void {
    this.#told = byKey(reasons);
    this.#since.clear();
  }

  /** @returns what came or went and is to be told now; null: nothing */
  news(reasons: readonly string[], now: Date): TroubleNews | null {
    const current = byKey(reasons);
    const other = [...current.keys(), ...this.#told.keys()].filter(
      (key) => current.has(key) !== this.#told.has(key),
    );
    this.#since = new Map(other.map((key) => [key, this.#since.get(key) ?? now.getTime()]));
    const isDue = (key: string): boolean =>
      now.getTime() - this.#since.get(key)! >= (current.has(key) ? LASTING_MS : AWAY_MS);
    const due = other.filter(isDue);
    const came = due.flatMap((key) => current.get(key) ?? []);
    const went = due.flatMap((key) => (current.has(key) ? [] : this.#told.get(key)!));
    for (const key of due) {
      this.#since.delete(key);
      this.#told.delete(key);
    }
    for (const [key, reason] of current)
      if (due.includes(key) || this.#told.has(key)) this.#told.set(key, reason);
    return due.length === 0 ? null : { came, went };
  }
}

const byKey = (reasons: readonly string[]): Map<string, string> =>
  new Map(reasons.map((reason) => [troubleKey(reason), reason]));
