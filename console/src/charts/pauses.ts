import type { FindingContacts } from '../../../src/model/live.js';

/** Seconds since 1970 with the microseconds that a Date would drop. */
export const secondsOf = (time: string): number =>
  Math.floor(Date.parse(time) / 1000) + Number(`0${/\.\d+/.exec(time)?.[0] ?? ''}`);

/** Seconds between each contact and the next. */
export function pausesOf(contacts: FindingContacts['contacts']): number[] {
  const times = contacts.map(({ time }) => secondsOf(time));
  return times.slice(1).map((at, index) => at - times[index]!);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
