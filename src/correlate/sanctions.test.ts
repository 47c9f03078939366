import { expect, test } from 'vitest';
import type { Sanction } from '../detect/references.js';
import { findSanction } from './sanctions.js';
import { finding } from './testing/made-up.js';

const sanction = (destination: string, values: Partial<Sanction> = {}): Sanction => ({
  destination,
  workload: '*',
  reason: 'backup',
  owner: 'ops',
  expires: null,
  ...values,
});
const to = (ip: string, domain = '') => ({ ip, port: 443, domain, bytes_out: 1 });
const isSanctioned = (destinations: ReturnType<typeof to>[], ...sanctions: Sanction[]): boolean =>
  findSanction(finding({ destinations }), sanctions) !== null;

test.each([
  ['backup.example.com', 'backup.example.com', true],
  ['example.com', 'eu.backup.example.com', true],
  ['*.example.com', 'backup.example.com', true],
  ['Example.COM', 'backup.EXAMPLE.com', true],
  ['example.com', 'badexample.com', false],
  ['example.com', 'example.com.evil.net', false],
  ['backup.example.com', 'example.com', false],
  ['example.com', '', false],
])('domain %s covers "%s": %s', (pattern, domain, covered) => {
  expect(isSanctioned([to('198.51.100.1', domain)], sanction(pattern))).toBe(covered);
});

test.each([
  ['198.51.100.1', '198.51.100.1', true],
  ['198.51.100.1', '198.51.100.10', false],
  ['198.51.100.0/24', '198.51.100.10', true],
  ['198.51.100.0/25', '198.51.100.200', false],
  ['2001:db8::/32', '2001:db8:1::5', true],
  ['2001:db8::/32', '2001:db9::5', false],
  ['0.0.0.0/0', '2001:db8::5', false],
])('network %s covers %s: %s', (pattern, ip, covered) => {
  expect(isSanctioned([to(ip)], sanction(pattern))).toBe(covered);
});

test('every destination must be covered, by whichever sanction', () => {
  const both = [to('198.51.100.1'), to('203.0.113.1')];
  expect(isSanctioned(both, sanction('198.51.100.0/24'))).toBe(false);
  expect(isSanctioned(both, sanction('198.51.100.0/24'), sanction('203.0.113.1'))).toBe(true);
});

test('a finding without destinations is never sanctioned', () => {
  expect(isSanctioned([], sanction('0.0.0.0/0'))).toBe(false);
});

test.each([
  ['app', true],
  ['a*', true],
  ['a?p', true],
  ['*', true],
  ['web', false],
  ['ap', false],
  ['a.p', false],
])('for workload %s: %s', (workload, covered) => {
  expect(isSanctioned([to('198.51.100.1')], sanction('198.51.100.1', { workload }))).toBe(covered);
});

test('holds on its last day and not after', () => {
  const until = (expires: string) =>
    isSanctioned([to('198.51.100.1')], sanction('198.51.100.1', { expires }));
  expect(until('2026-01-01T23:59:59Z')).toBe(true);
  expect(until('2025-12-31T23:59:59Z')).toBe(false);
});
