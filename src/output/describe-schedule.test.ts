import { expect, test } from 'vitest';
import type { Schedule } from '../model/schedule.js';
import { describeSchedule } from './describe-schedule.js';

const hours = { from: '22:00', to: '06:00', time_zone: 'Europe/Berlin' };

test.each<[string, Schedule['days']]>([
  ['every day', ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']],
  ['mon to fri', ['fri', 'thu', 'wed', 'tue', 'mon']],
  ['sat, sun', ['sun', 'sat']],
  ['mon, wed to fri, sun', ['mon', 'wed', 'thu', 'fri', 'sun']],
])('%s', (said, days) => {
  expect(describeSchedule({ days, ...hours })).toBe(`${said}, 22:00 to 06:00 Europe/Berlin`);
});
