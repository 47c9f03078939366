import { expect, test } from 'vitest';
import { troubleKey } from './told-troubles.js';

test.each([
  [
    '87 % of 1200 outbound connections have a certain owner',
    '9 % of 31 outbound connections have a certain owner',
  ],
  ['no common clock for b.log, a.log', 'no common clock for a.log, b.log'],
  ['zeek-conn: no bytes since 2026-01-01T00:00Z: did', 'zeek-conn: no bytes since 2026-02-01T10:30Z: did'],
  ['only 900.5 KiB (of 1,200)', 'only 1.2 MiB (of 7)'],
  ['not judged since 2026-01-01T00:00:00Z: refused', 'not judged since 2026-01-01T00:01:00Z: timed out'],
  [
    'x failed: id 3f1d2c4b-0000-4000-8000-1234567890ab at 0x7f',
    'x failed: id 00000000-1111-4222-8333-ba0987654321 at 0xAB',
  ],
])('"%s" and "%s" are one trouble', (one, other) => {
  expect(troubleKey(one)).toBe(troubleKey(other));
});

test.each([
  ['zeek-conn: silent for 12 minutes', 'zeek-dns: silent for 12 minutes'],
  ['input /var/log/app-1.log waits', 'input /var/log/app-2.log waits'],
  ['node1: cannot load', 'node2: cannot load'],
])('"%s" and "%s" are two', (one, other) => {
  expect(troubleKey(one)).not.toBe(troubleKey(other));
});
