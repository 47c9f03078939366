import type { Schedule } from '../model/schedule.js';

/** As a week is read. */
export const WEEK = [
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
] as const satisfies Schedule['days'][number][];

/** `mon to fri, 22:00 to 06:00 Europe/Berlin`; days that follow each other are a span. */
export function describeSchedule({ days, from, to, time_zone }: Schedule): string {
  const spans: string[][] = [];
  for (const [index, day] of WEEK.entries()) {
    if (!days.includes(day)) continue;
    const last = spans.at(-1);
    if (last && last.at(-1) === WEEK[index - 1]) last.push(day);
    else spans.push([day]);
  }
  const said = spans.map((span) => (span.length > 2 ? `${span[0]} to ${span.at(-1)}` : span.join(', ')));
  const when = days.length === WEEK.length ? 'every day' : said.join(', ');
  return `${when}, ${from} to ${to} ${time_zone}`;
}
