import { expect, test } from 'vitest';
import type { FindingEvent, KeptFinding, TroubleNews } from '../model/live.js';
import { messageOf } from './message.js';
import { noticesOf, stateNoticesOf } from './notices.js';
import { alertOf, at, START, strategyOf } from './testing/alerts.js';

const event = (alert: KeptFinding): FindingEvent => ({
  uid: alert.uid,
  version: alert.version,
  at: at(START),
  what: 'grew',
  who: 'stowaway',
  why: '',
});

const whatOf = (before: KeptFinding | null, after: KeptFinding): string =>
  noticesOf(before, after, event(after))
    .map(({ what }) => what)
    .join();

const suppressed = { finding: { status: 'suppressed' as const } };

test('an alert that opens, gets worse, closes and opens again is told each time', () => {
  const opened = alertOf({ severity: 'medium' });
  const worse = alertOf({ severity: 'critical', version: 2 });
  const closed = alertOf({ severity: 'critical', version: 3, state: 'closed' });
  const again = alertOf({ severity: 'critical', version: 4 });
  expect(whatOf(null, opened)).toBe('opened');
  expect(whatOf(opened, worse)).toBe('escalated');
  expect(whatOf(worse, closed)).toBe('closed');
  expect(whatOf(closed, again)).toBe('opened');
});

test('growth that is no worse tells nothing', () => {
  expect(whatOf(alertOf(), alertOf({ version: 2 }))).toBe('');
  expect(whatOf(alertOf({ severity: 'critical' }), alertOf({ severity: 'high', version: 2 }))).toBe('');
});

test('suppressed ones tell nothing, but what was told open is told closed when it is suppressed', () => {
  expect(whatOf(null, alertOf(suppressed))).toBe('');
  expect(whatOf(alertOf(suppressed), alertOf({ ...suppressed, version: 2, severity: 'critical' }))).toBe('');
  expect(whatOf(alertOf(suppressed), alertOf({ ...suppressed, version: 2, state: 'closed' }))).toBe('');
  expect(whatOf(alertOf(), alertOf({ ...suppressed, version: 2 }))).toBe('closed');
  expect(whatOf(alertOf(suppressed), alertOf({ version: 2 }))).toBe('opened');
});

test('the same state has the same id, another state another one', () => {
  const id = (after: KeptFinding): string => noticesOf(null, after, event(after))[0]!.id;
  expect(id(alertOf())).toBe(id(alertOf()));
  expect(id(alertOf())).not.toBe(id(alertOf({ version: 2 })));
  expect(id(alertOf())).not.toBe(id(alertOf({ uid: 'a2' })));
});

test('a strategy is told of when its sight changes', () => {
  const told = (before: Parameters<typeof strategyOf>[0] | null, after: Parameters<typeof strategyOf>[0]) =>
    stateNoticesOf({ before: before && strategyOf(before), after: strategyOf(after), news: null }).length;
  expect(told('quiet', 'blind')).toBe(1);
  expect(told('blind', 'degraded')).toBe(1);
  expect(told('degraded', 'fired')).toBe(1);
  expect(told('quiet', 'fired')).toBe(0);
  expect(told(null, 'blind')).toBe(0);
});

test('a strategy that sees as little for another reason is told of, what is new first', () => {
  const silent = 'zeek-conn: silent for 12 minutes';
  const strategy = { ...strategyOf('degraded'), reasons: ['no list', silent] };
  const tell = (news: TroubleNews) => {
    const [notice] = stateNoticesOf({ before: strategy, after: strategy, news });
    const { title, why } = messageOf(notice!, 'thread');
    return [title, why];
  };
  expect(tell({ came: [silent], went: [] })).toEqual([
    'T9999 Sample is degraded, now for another reason, too',
    `new: ${silent}. still: no list`,
  ]);
  expect(tell({ came: [], went: ['its clock is ahead'] })).toEqual([
    'T9999 Sample is degraded, for fewer reasons',
    `over: its clock is ahead. still: no list; ${silent}`,
  ]);
});
