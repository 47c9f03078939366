/** When something was recorded, in whole seconds since 1970. */
export interface Recorded {
  from: number;
  to: number;
}

const DAY = 86_400;

/** Seconds since 1970, alone or with a fraction, or counted in milli-, micro- or nanoseconds. */
const COUNTED = /(?<![\w.])(1[0-9]{9})(?=(?:\d{3}){0,3}(?!\d))/g;
const ISO = /(?<!\d)(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(?=[.,Z"\s+]|$)/g;
/** As ctime(3) writes it: Sat Nov 21 03:34:28 2026. */
const C_TIME = /(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g;
/** As conntrack writes it in XML. */
const IN_PARTS =
  /<hour>(\d+)<\/hour><min>(\d+)<\/min><sec>(\d+)<\/sec><wday>\d<\/wday><day>(\d+)<\/day><month>(\d+)<\/month><year>(\d+)<\/year>/g;

/**
 * The span of the times counted in seconds that occur in the logs of one recording. A number that only looks like one is as
 * rare as one of ten digits that begins as they do.
 */
export function recordedIn(texts: readonly string[]): Recorded {
  const seen = texts.flatMap((text) => [...text.matchAll(COUNTED)].map((match) => Number(match[1])));
  seen.sort((a, b) => a - b);
  const middle = seen[Math.floor(seen.length / 2)] ?? 0;
  const near = seen.filter((at) => Math.abs(at - middle) < 600);
  return { from: near[0] ?? middle, to: near.at(-1) ?? middle };
}

/** The same text with every time that lies within a day of the recording moved by whole seconds. Times without a zone are UTC. */
export function shiftTimes(text: string, { from, to }: Recorded, bySeconds: number): string {
  const moved = (seconds: number): number | null =>
    seconds >= from - DAY && seconds <= to + DAY ? seconds + bySeconds : null;
  const rewrite = (whole: string, seconds: number, write: (at: Date) => string): string => {
    const at = moved(seconds);
    return at === null ? whole : write(new Date(at * 1000));
  };
  return text
    .replace(COUNTED, (whole) => rewrite(whole, Number(whole), (at) => String(at.getTime() / 1000)))
    .replace(ISO, (whole, day, between, clock) =>
      rewrite(whole, Date.parse(`${day}T${clock}Z`) / 1000, (at) =>
        at.toISOString().slice(0, 19).replace('T', between),
      ),
    )
    .replace(C_TIME, (whole) => rewrite(whole, Date.parse(`${whole} UTC`) / 1000, cTime))
    .replace(IN_PARTS, (whole, ...parts) => {
      const [hour, minute, second, day, month, year] = parts.slice(0, 6).map(Number) as number[];
      const seconds = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) / 1000;
      return rewrite(whole, seconds, inParts);
    });
}

/** `Sat, 21 Nov 2026 03:34:28 GMT` to `Sat Nov 21 03:34:28 2026`. */
function cTime(at: Date): string {
  const [weekday, day, month, year, clock] = at.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${clock} ${year}`;
}

const inParts = (at: Date): string =>
  `<hour>${at.getUTCHours()}</hour><min>${at.getUTCMinutes()}</min><sec>${at.getUTCSeconds()}</sec>` +
  `<wday>${at.getUTCDay() + 1}</wday><day>${at.getUTCDate()}</day>` +
  `<month>${at.getUTCMonth() + 1}</month><year>${at.getUTCFullYear()}</year>`;
