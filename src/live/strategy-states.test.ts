import { expect, test } from 'vitest';
import type { StrategyState } from '../model/hunt-result.js';
import type { Source } from '../model/source.js';
import type { Strategy } from '../model/strategy.js';
import { StrategyStates, withTroubles } from './strategy-states.js';

const judged = (state: StrategyState['state'], ...reasons: string[]): StrategyState => ({
  id: 's1',
  technique: 'T1',
  title: 'One',
  state,
  reasons,
});
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const NONE = new Set<string>();
const FIRED = new Set(['s1']);

test('a strategy that has fired sees as well as it sees', () => {
  const states = new StrategyStates();
  states.saw([judged('degraded', 'no commands')], FIRED, at(0));
  expect(states.list()[0]).toMatchObject({ state: 'fired', sight: 'degraded', reasons: ['no commands'] });
  states.saw([judged('degraded', 'no commands')], NONE, at(1));
  expect(states.list()[0]).toMatchObject({
    state: 'degraded',
    sight: 'degraded',
    since: at(1).toISOString(),
  });
});

test('tells a change of state or sight once, with what was before', () => {
  const states = new StrategyStates();
  expect(states.saw([judged('quiet')], NONE, at(0))).toMatchObject([
    { before: null, after: { state: 'quiet' } },
  ]);
  expect(states.saw([judged('quiet')], NONE, at(1))).toEqual([]);
  expect(states.saw([judged('blind', 'no logs')], NONE, at(2))).toMatchObject([
    { before: { state: 'quiet' }, after: { state: 'blind', reasons: ['no logs'] } },
  ]);
  expect(states.saw([judged('blind', 'no logs')], FIRED, at(3))).toMatchObject([
    { before: { sight: 'blind' }, after: { state: 'fired', sight: 'blind' } },
  ]);
});

test('what was not judged is not quiet', () => {
  const states = new StrategyStates();
  states.saw([judged('quiet')], NONE, at(0));
  states.areBlind('not judged since then: the disk is full', at(5));
  expect(states.list()[0]).toMatchObject({
    state: 'blind',
    reasons: ['not judged since then: the disk is full'],
  });
  states.saw([judged('quiet')], NONE, at(6));
  expect(states.list()[0]).toMatchObject({ state: 'quiet', sight: 'whole', reasons: [] });
});

test('a finding stays open while nothing is judged', () => {
  const states = new StrategyStates();
  states.saw([judged('quiet')], FIRED, at(0));
  states.areBlind('not judged', at(5));
  expect(states.list()[0]).toMatchObject({ state: 'fired', sight: 'blind' });
});

const content = {
  strategies: [
    { id: 's1', analytics: [{ needs: ['egress.bytes_out'] }] },
    { id: 's2', analytics: [{ needs: ['command'] }] },
  ] as Strategy[],
  sources: [
    { id: 'zeek-conn', into: 'network_activity' },
    { id: 'docker-events', into: 'api_activity' },
  ] as Source[],
};
const both: StrategyState[] = [judged('quiet'), { ...judged('quiet'), id: 's2' }];
const trouble = { source: 'zeek-conn', field: null, why: 'silent for 20 minutes', takesSight: true };

test.each([
  ['of connections takes sight from what needs connections', {}, ['degraded', 'quiet']],
  ['of commands takes sight from what needs commands', { source: 'docker-events' }, ['quiet', 'degraded']],
  ['that is only told takes none', { takesSight: false }, ['quiet', 'quiet']],
  ['of a field, from who needs it', { field: 'network_activity.traffic_bytes_out' }, ['degraded', 'quiet']],
  ['of a field nobody needs, from nobody', { field: 'network_activity.app_name' }, ['quiet', 'quiet']],
])('trouble %s', (_, more, expected) => {
  const seen = withTroubles(both, { troubles: [{ ...trouble, ...more }], losses: [] }, content);
  expect(seen.map(({ state }) => state)).toEqual(expected);
});

test('what waits because it could not be loaded takes sight from all', () => {
  const seen = withTroubles(
    both,
    { troubles: [], losses: [{ why: '2 deliveries could not be loaded so far', sources: [] }] },
    content,
  );
  expect(seen.map(({ state, reasons }) => [state, reasons])).toEqual(
    Array(2).fill(['degraded', ['2 deliveries could not be loaded so far']]),
  );
});

test('what an input of one source does not take is missing to who needs that source', () => {
  const losses = [{ why: 'input /var/log/docker.log waits', sources: ['docker-events'] }];
  const seen = withTroubles(both, { troubles: [], losses }, content);
  expect(seen.map(({ state }) => state)).toEqual(['quiet', 'degraded']);
});

test('what is blind stays blind when a source is in trouble, and says both', () => {
  const [seen] = withTroubles([judged('blind', 'no commands')], { troubles: [trouble], losses: [] }, content);
  expect(seen).toMatchObject({
    state: 'blind',
    reasons: ['no commands', 'zeek-conn: silent for 20 minutes'],
  });
});

test('what takes sight of a strategy that is degraded anyway is told once it lasts, and when it stays away', () => {
  const states = new StrategyStates();
  const sees = (minute: number, ...reasons: string[]) =>
    states.saw([judged('degraded', 'no threat-intelligence list', ...reasons)], NONE, at(minute));
  sees(0);
  expect(sees(1, 'zeek-conn: silent for 10 minutes')).toEqual([]);
  expect(sees(3, 'zeek-conn: silent for 12 minutes')).toMatchObject([
    {
      after: { sight: 'degraded', since: at(3).toISOString() },
      news: { came: ['zeek-conn: silent for 12 minutes'], went: [] },
    },
  ]);
  for (const minute of [4, 5, 30])
    expect(sees(minute, `zeek-conn: silent for ${minute} minutes`)).toEqual([]);
  expect(sees(31)).toEqual([]);
  expect(sees(41)).toMatchObject([{ news: { came: [], went: ['zeek-conn: silent for 30 minutes'] } }]);
  expect(sees(60)).toEqual([]);
});

test('what comes and goes is not told each time', () => {
  const states = new StrategyStates();
  const told = Array.from({ length: 60 }, (_, minute) =>
    states.saw([judged('degraded', 'no list', ...(minute % 2 ? ['89 % of 900'] : []))], NONE, at(minute)),
  );
  expect(told.slice(1).flat()).toEqual([]);
});

test('what an earlier process told is not told again, and what came meanwhile is', () => {
  const states = new StrategyStates();
  states.saw([judged('degraded', 'no list', 'only 5 h of history')], NONE, at(0));
  const again = new StrategyStates(states.list());
  const sees = (minute: number) =>
    again.saw([judged('degraded', 'no list', 'only 6 h of history', 'no commands')], NONE, at(minute));
  expect(sees(1)).toEqual([]);
  expect(sees(3)).toMatchObject([{ news: { came: ['no commands'], went: [] } }]);
});
