import { expect, test } from 'vitest';
import { WallClock } from './wall-clock.js';

test('a kernel time is the wall time of that moment', () => {
  const clock = new WallClock();
  const told = clock.at(process.hrtime.bigint());
  expect(told).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(Math.abs(Date.parse(told) - Date.now())).toBeLessThan(1000);
});

test('a machine that slept counts more time than this process', () => {
  const clock = new WallClock();
  const now = process.hrtime.bigint();
  const slept = 3_600_000_000_000n;
  clock.compare(now + slept, now);
  expect(Math.abs(Date.parse(clock.at(now + slept)) - Date.now())).toBeLessThan(1000);
});
