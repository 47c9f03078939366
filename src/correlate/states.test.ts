import { expect, test } from 'vitest';
import type { Visibility } from '../detect/visibility.js';
import { judgeStates } from './states.js';
import { finding, strategy } from './testing/made-up.js';

const seen = (values: Partial<Visibility> = {}): Visibility => ({
  strategy: 'T1-a',
  blindAnalytics: [],
  probes: [],
  ...values,
});
const blind = (id: string, reason = 'no network connections') => ({ id, role: 'trigger' as const, reason });
const judge = (
  visibility: Visibility,
  failures: string[] = [],
  findings = [] as ReturnType<typeof finding>[],
) => {
  const failed = failures.map((reason) => ({ strategy: 'T1-a', reason }));
  const { state, reasons } = judgeStates([strategy()], [visibility], failed, findings)[0]!;
  return { state, reasons };
};

test('quiet: it could look, and saw nothing', () => {
  expect(judge(seen())).toEqual({ state: 'quiet', reasons: [] });
});

test('fired on an open finding of its own, and only on that', () => {
  expect(judge(seen(), [], [finding()]).state).toBe('fired');
  expect(judge(seen(), [], [finding({ status: 'candidate' })]).state).toBe('quiet');
  expect(judge(seen(), [], [finding({ status: 'suppressed' })]).state).toBe('quiet');
  expect(judge(seen(), [], [finding({ strategy: 'T2-b' })]).state).toBe('quiet');
});

test('degraded while one of the analytics that make it this technique can look', () => {
  expect(judge(seen({ blindAnalytics: [blind('volume')] }))).toEqual({
    state: 'degraded',
    reasons: ['volume could not look: no network connections'],
  });
});

test('blind when none of them can; what only strengthens does not help', () => {
  const { state, reasons } = judge(seen({ blindAnalytics: [blind('volume'), blind('ratio')] }));
  expect(state).toBe('blind');
  expect(reasons).toEqual(['volume, ratio could not look: no network connections']);
});

test('a probe degrades or blinds, and says why', () => {
  const probe = (effect: 'degraded' | 'blind') =>
    judge(seen({ probes: [{ id: 'p', effect, reason: 'no history' }] }));
  expect(probe('degraded')).toEqual({ state: 'degraded', reasons: ['no history'] });
  expect(probe('blind')).toEqual({ state: 'blind', reasons: ['no history'] });
});

test('an analytic that failed is no silence', () => {
  expect(judge(seen(), ['volume could not be asked: x'])).toEqual({
    state: 'degraded',
    reasons: ['volume could not be asked: x'],
  });
});

test('what fired keeps its reasons', () => {
  expect(judge(seen({ blindAnalytics: [blind('ratio')] }), [], [finding()])).toEqual({
    state: 'fired',
    reasons: ['ratio could not look: no network connections'],
  });
});
