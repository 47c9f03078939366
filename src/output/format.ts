/** Numbers and times as a reader meets them, the same in every output. Times are UTC throughout. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units with three significant digits: `17.6 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '?';
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? Math.round(value) : significant(value);
  return `${bytes < 0 ? '−' : ''}${digits} ${BYTE_UNITS[unit]}`;
}

/** Thousands apart, so that digits can be counted: `1,204,311`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? count.toLocaleString('en-US', { maximumFractionDigits: 3 }) : '?';
}

/** `2 findings`, `1 finding`. */
export function countOf(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Seconds in the unit that reads best: `1.5 ms`, `45 s`, `5 min`, `2.3 h`, `14 d`. */
export function formatDuration(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? '−' : '';
  if (!Number.isFinite(seconds)) return '?';
  if (size === 0) return '0 s';
  if (size < 1) return `${sign}${significant(size * 1000)} ms`;
  if (size < 120) return `${sign}${significant(size)} s`;
  if (size < 7200) return `${sign}${significant(size / 60)} min`;
  if (size < 172_800) return `${sign}${significant(size / 3600)} h`;
  return `${sign}${significant(size / 86_400)} d`;
}

/** Two digits, three where two would say something else: never `1.00` for less than certain. */
export function formatProbability(value: number): string {
  if (!Number.isFinite(value)) return '?';
  const two = value.toFixed(2);
  if (Math.abs(Number(two) - value) < 1e-9) return two;
  if (value < 1 && value.toFixed(3) === '1.000') return '>0.999';
  return two === '1.00' || two === '0.00' ? value.toFixed(3) : two;
}

/** `2026-07-20`, or the text itself when it is no time. */
export function formatDay(time: string): string {
  return isTime(time) ? new Date(time).toISOString().slice(0, 10) : time;
}

/** `14:02:07`; milliseconds on request. */
export function formatClock(time: string, withMilliseconds: boolean = false): string {
  return isTime(time) ? new Date(time).toISOString().slice(11, withMilliseconds ? 23 : 19) : time;
}

/** `2026-07-20 14:02:07` */
export function formatTime(time: string): string {
  return isTime(time) ? `${formatDay(time)} ${formatClock(time)}` : time;
}

/**
 * A span of time. The date is said once, and again when the end falls on another day; `day` is a date that a
 * heading has already given, and is left out.
 */
export function formatWindow(window: { from: string; to: string }, day?: string): string {
  const from = formatDay(window.from);
  const to = formatDay(window.to);
  const start = from === day && to === day ? formatClock(window.from) : formatTime(window.from);
  if (formatTime(window.from) === formatTime(window.to)) return start;
  return `${start}–${from === to ? formatClock(window.to) : formatTime(window.to)}`;
}

/** A measured value: a name that speaks of bytes or seconds gets the unit, other numbers up to four digits. */
export function formatMeasured(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  if (/(^|_)bytes(_|$)/.test(name)) return formatBytes(value);
  if (/(^|_)seconds$/.test(name)) return formatDuration(value);
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(4)));
}

function significant(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function isTime(time: string): boolean {
  return !Number.isNaN(Date.parse(time));
}
