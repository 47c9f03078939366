import { expect, test } from 'vitest';
import { type Allowance, endOfDay } from '../model/allowance.js';
import { scheduleEntry } from '../model/schedule.js';
import { findAllowance } from './allowances.js';
import { finding } from './testing/made-up.js';

const allowance = (destination: string | null, values: Partial<Allowance> = {}): Allowance => ({
  destinations: destination === null ? null : [destination],
  workload: '*',
  image: '*',
  techniques: null,
  schedule: null,
  reason: 'backup',
  owner: 'ops',
  expires: null,
  ...values,
});
const to = (ip: string, domain = '') => ({ ip, port: 443, domain, bytes_out: 1 });
const isAllowed = (destinations: ReturnType<typeof to>[], ...allowances: Allowance[]): boolean =>
  findAllowance(finding({ destinations }), allowances) !== null;

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
  expect(isAllowed([to('198.51.100.1', domain)], allowance(pattern))).toBe(covered);
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
  expect(isAllowed([to(ip)], allowance(pattern))).toBe(covered);
});

test('every destination must be covered, by whichever allowance', () => {
  const both = [to('198.51.100.1'), to('203.0.113.1')];
  expect(isAllowed(both, allowance('198.51.100.0/24'))).toBe(false);
  expect(isAllowed(both, allowance('198.51.100.0/24'), allowance('203.0.113.1'))).toBe(true);
});

test('a finding without destinations is never allowed by a destination', () => {
  expect(isAllowed([], allowance('0.0.0.0/0'))).toBe(false);
});

test.each([
  ['app', true],
  ['a*', true],
  ['a?p', true],
  ['*', true],
  ['web', false],
  ['ap', false],
  ['a.p', false],
  ['*a*p*', true],
  ['**p?', true],
  ['a*b', false],
  ['app?', false],
])('for workload %s: %s', (workload, covered) => {
  expect(isAllowed([to('198.51.100.1')], allowance('198.51.100.1', { workload }))).toBe(covered);
});

test('a pattern of many stars is held against a long name in no time', () => {
  const entity = { ...finding().entity, name: 'a'.repeat(5000) };
  const workload = `${'a*'.repeat(200)}b`;
  expect(findAllowance(finding({ entity }), [allowance(null, { workload })])).toBeNull();
});

test('holds on its last day and not after', () => {
  const until = (expires: string) =>
    isAllowed([to('198.51.100.1')], allowance('198.51.100.1', { expires: endOfDay(expires) }));
  expect(until('2026-01-01')).toBe(true);
  expect(until('2025-12-31')).toBe(false);
});

test('covers a destination that the finding is too short to name, or does not hide it', () => {
  const listed = finding({ destinations: [to('198.51.100.1')] });
  const allowances = [allowance('198.51.100.0/24')];
  expect(findAllowance(listed, allowances, [to('198.51.100.2')])).not.toBeNull();
  expect(findAllowance(listed, allowances, [to('198.51.100.2'), to('203.0.113.9')])).toBeNull();
});

test('without a destination it covers any, and a finding that has none', () => {
  expect(isAllowed([to('198.51.100.1'), to('203.0.113.1')], allowance(null))).toBe(true);
  expect(isAllowed([], allowance(null, { workload: 'app' }))).toBe(true);
  expect(isAllowed([], allowance(null, { workload: 'web' }))).toBe(false);
});

test.each([
  ['registry.example/backup:*', 'registry.example/backup:1.2', true],
  ['registry.example/backup:*', 'registry.example/app:1.2', false],
  ['registry.example/*', null, false],
  ['*', null, true],
])('image %s for %s: %s', (image, own, covered) => {
  const entity = { ...finding().entity, image: own };
  const one = allowance(null, { image });
  expect(findAllowance(finding({ entity }), [one]) !== null).toBe(covered);
});

test('holds for the techniques it names', () => {
  expect(findAllowance(finding(), [allowance(null, { techniques: ['T1', 'T2'] })])).not.toBeNull();
  expect(findAllowance(finding(), [allowance(null, { techniques: ['T1.001'] })])).toBeNull();
});

test.each([
  // 2026-01-03 is a Saturday.
  [{ days: ['sat'], from: '01:00', to: '05:00' }, '2026-01-03T01:00:00Z', '2026-01-03T04:59:59.5Z', true],
  [{ days: ['sat'], from: '01:00', to: '05:00' }, '2026-01-03T00:59:59Z', '2026-01-03T02:00:00Z', false],
  [{ days: ['sat'], from: '01:00', to: '05:00' }, '2026-01-03T04:00:00Z', '2026-01-03T05:00:01Z', false],
  [{ days: ['sat'], from: '01:00', to: '05:00' }, '2026-01-04T02:00:00Z', '2026-01-04T03:00:00Z', false],
  // Both ends in a window, but of two nights.
  [{ from: '01:00', to: '05:00' }, '2026-01-03T02:00:00Z', '2026-01-04T02:00:00Z', false],
  // Through midnight, started on Saturday.
  [{ days: ['sat'], from: '22:00', to: '02:00' }, '2026-01-03T23:00:00Z', '2026-01-04T01:59:00Z', true],
  [{ days: ['sat'], from: '22:00', to: '02:00' }, '2026-01-03T01:00:00Z', '2026-01-03T01:30:00Z', false],
  [{ days: ['sat'] }, '2026-01-03T00:00:00Z', '2026-01-03T23:59:59.9Z', true],
  // 01:00 in Berlin is midnight in UTC in winter and 23:00 of the day before in summer.
  [
    { from: '01:00', to: '02:00', time_zone: 'Europe/Berlin' },
    '2026-01-03T00:00:00Z',
    '2026-01-03T01:00:00Z',
    true,
  ],
  [
    { from: '01:00', to: '02:00', time_zone: 'Europe/Berlin' },
    '2026-07-03T23:10:00Z',
    '2026-07-03T23:50:00Z',
    true,
  ],
  [
    { from: '01:00', to: '02:00', time_zone: 'Europe/Berlin' },
    '2026-07-03T00:10:00Z',
    '2026-07-03T00:50:00Z',
    false,
  ],
])('schedule %o holds from %s to %s: %s', (schedule, from, to_, covered) => {
  const one = allowance(null, { schedule: scheduleEntry.parse(schedule) });
  expect(findAllowance(finding({ window: { from, to: to_ } }), [one]) !== null).toBe(covered);
});
