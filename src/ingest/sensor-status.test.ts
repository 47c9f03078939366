import { expect, test } from 'vitest';
import type { Stretch } from './scan.js';
import { readSensorStatus } from './sensor-status.js';

const stretch = (value: unknown): Stretch => ({
  firstLine: 1,
  lines: 1,
  rows: 1,
  header: null,
  samples: [typeof value === 'string' ? value : JSON.stringify(value)],
});
const sensor = { name: 'flow-events', state: 'on', reason: '', losses: {}, gaps: [] };
const told = (one: object) =>
  readSensorStatus(stretch({ version: 1, runs: [{ sensors: [one] }] }), 'sense.json');

test('a sensor that saw everything says nothing', () => {
  expect(told(sensor)).toEqual([]);
});

test('what was lost is data lost; a sensor that was off is a note', () => {
  expect(told({ ...sensor, losses: { events: 12 } })).toMatchObject([
    { what: 'sensor flow-events lost 12 events', level: 'error' },
  ]);
  expect(told({ ...sensor, state: 'off', reason: 'no bpftrace' })).toMatchObject([
    { what: 'sensor flow-events was off: no bpftrace', level: 'note' },
  ]);
  expect(told({ ...sensor, state: 'degraded', reason: 'slow' })).toMatchObject([{ level: 'error' }]);
});

test('anything else is no status', () => {
  expect(readSensorStatus(stretch({ version: 1, runs: 'x', sensors: [] }), 'x')).toBeNull();
  expect(readSensorStatus(stretch('"sensors" {'), 'x')).toBeNull();
});
