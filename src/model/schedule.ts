import { z } from 'zod';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day such as "02:30"');

/** A time of day on some days of the week, again and again. */
export const scheduleEntry = z.strictObject({
  days: z
    .array(z.enum(DAYS))
    .min(1, 'a day at least, such as mon')
    .default([...DAYS])
    .describe('Days on which the window starts: mon, tue, wed, thu, fri, sat, sun.'),
  from: clock.default('00:00').describe('Start of the window.'),
  to: clock
    .default('24:00')
    .describe('End of the window; a time before the start, or the same, is on the next day.'),
  time_zone: z
    .string()
    .refine(isTimeZone, 'a time zone such as Europe/Berlin')
    .default('UTC')
    .describe('Time zone of the clock on the wall.'),
});

export type Schedule = z.infer<typeof scheduleEntry>;

/** Whether a span lies wholly within one occurrence of the window. Times are ISO 8601. */
export function isWithin(schedule: Schedule, from: string, to: string): boolean {
  const start = wallClock(from, schedule.time_zone);
  const end = wallClock(to, schedule.time_zone);
  const opens = minutes(schedule.from) * MINUTE_MS;
  const closes = minutes(schedule.to) * MINUTE_MS;
  const length = closes > opens ? closes - opens : closes - opens + DAY_MS;
  const midnight = Math.floor(start / DAY_MS) * DAY_MS;
  // A window that began the day before may still be open.
  return [midnight, midnight - DAY_MS].some((day) => {
    const isMeant = schedule.days.includes(DAYS[new Date(day).getUTCDay()]!);
    return isMeant && start >= day + opens && end <= day + opens + length && end >= start;
  });
}

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** What the clock on the wall shows, as if it were UTC, in milliseconds. */
function wallClock(time: string, timeZone: string): number {
  const at = Date.parse(time);
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)!.value);
  const whole = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return whole + (at % 1000);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
