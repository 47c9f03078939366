/** Scales and ticks for hand-drawn SVG. Pure arithmetic, times in milliseconds UTC. */

export type Scale = (value: number) => number;

/** Maps a domain onto a range; a domain without extent lands in the middle. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const extent = domain[1] - domain[0];
  if (extent === 0) return () => (range[0] + range[1]) / 2;
  return (value) => range[0] + ((value - domain[0]) / extent) * (range[1] - range[0]);
}

/** From 0 in steps of 1, 2, 2.5 or 5 times a power of ten; the last tick is at or above `max`. */
export function niceTicks(max: number, about: number = 4): number[] {
  if (!(max > 0) || !Number.isFinite(max)) return [0, 1];
  const rough = max / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps people read on a clock. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((n) => n * DAY),
];

export interface TimeTick {
  at: number;
  label: string;
}

/** Round clock times within a domain, at most `most`; a new day is labelled with its date. */
export function timeTicks(domain: readonly [number, number], most: number = 8): TimeTick[] {
  const step = TIME_STEPS.find((candidate) => (domain[1] - domain[0]) / candidate <= most - 1) ?? 3640 * DAY;
  const ticks: TimeTick[] = [];
  for (let at = Math.ceil(domain[0] / step) * step; at <= domain[1] && ticks.length < most; at += step) {
    ticks.push({ at, label: tickLabel(at, step) });
  }
  return ticks;
}

function tickLabel(at: number, step: number): string {
  const iso = new Date(at).toISOString();
  if (step >= DAY) return iso.slice(0, 10);
  if (at % DAY === 0) return iso.slice(5, 10);
  return step < MINUTE ? iso.slice(11, 19) : iso.slice(11, 16);
}
