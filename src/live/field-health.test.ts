import { expect, test } from 'vitest';
import type { Store } from '../store/store.js';
import { FieldHealth } from './field-health.js';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const field = { source: 'zeek-conn', field: 'network_activity.traffic_bytes_out' };

test.each([
  [
    'that was usually there and is gone',
    [
      [1000, 900],
      [200, 0],
    ],
    true,
  ],
  [
    'that is gone for too few rows to tell',
    [
      [1000, 900],
      [199, 0],
    ],
    false,
  ],
  [
    'that was seldom there',
    [
      [1000, 400],
      [500, 0],
    ],
    false,
  ],
  [
    'of which too little is known',
    [
      [900, 900],
      [500, 0],
    ],
    false,
  ],
  [
    'that is there again',
    [
      [1000, 900],
      [500, 0],
      [10, 1],
    ],
    false,
  ],
  [
    'that is gone bit by bit',
    [
      [1000, 900],
      [150, 0],
      [60, 0],
    ],
    true,
  ],
] as const)('a field %s', (_, steps, isLost) => {
  const health = new FieldHealth({} as Store, []);
  for (const [minute, [rows, filled]] of steps.entries())
    health.saw([{ ...field, rows, filled }], at(minute));
  expect(health.troubles()).toEqual(
    isLost
      ? [
          {
            ...field,
            why: 'no traffic_bytes_out since 2026-01-01T00:00Z: did its format change?',
            takesSight: true,
          },
        ]
      : [],
  );
});
