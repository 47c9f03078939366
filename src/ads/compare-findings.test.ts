import { describe, expect, test } from 'vitest';
import { finding, strategy } from '../correlate/testing/made-up.js';
import type { Finding, Term } from '../model/hunt-result.js';
import { compareFindings } from './compare-findings.js';
import { pairFindings } from './pair-findings.js';

const term = (analytic: string, likelihood: number, values: Partial<Term> = {}): Term => ({
  analytic,
  class: 'traffic',
  likelihood,
  counted: true,
  measured: {},
  says: `${analytic} says`,
  window: { from: '', to: '' },
  ...values,
});

const at = (from: number, to: number): Finding['window'] => ({
  from: `2026-01-01T00:${String(from).padStart(2, '0')}:00.000000Z`,
  to: `2026-01-01T00:${String(to).padStart(2, '0')}:00.000000Z`,
});

const strategies = [
  strategy({
    analytics: strategy().analytics.map((each) => ({
      ...each,
      parameters: each.id === 'volume' ? ['floor_bytes'] : [],
    })),
  }),
  strategy({ id: 'T2-b', technique: 'T2', replaces: ['T1-a'] }),
];
const changes = [{ strategy: 'T1', name: 'floor_bytes', value: 1, where: '' }];

const compare = (before: Finding[], after: Finding[], then = strategies) =>
  compareFindings(
    { findings: before, strategies },
    { findings: after, strategies: then },
    { changes, verdictOf: () => null },
  );

describe('a finding is recognised', () => {
  test('by its uid', () => {
    const [a, b] = [finding({ uid: 'a', window: at(0, 1) }), finding({ uid: 'a', window: at(5, 6) })];
    expect(pairFindings([a], [b])).toEqual([{ before: a, after: b }]);
  });

  test('by the longest common time, when its episode starts elsewhere', () => {
    const before = finding({ uid: 'a', window: at(10, 20) });
    const short = finding({ uid: 'b', window: at(5, 11) });
    const long = finding({ uid: 'c', window: at(12, 30) });
    expect(pairFindings([before], [short, long])).toEqual([
      { before, after: long },
      { before: null, after: short },
    ]);
  });

  test.each([
    ['another time', { window: at(30, 40) }],
    ['another entity', { entity: { ...finding().entity, name: 'other' } }],
    ['another strategy', { strategy: 'T2-b' }],
  ])('never by %s', (_, values) => {
    const [before, after] = [finding({ uid: 'a' }), finding({ uid: 'b', ...values })];
    expect(pairFindings([before], [after])).toHaveLength(2);
  });
});

test('what stays as it is counts as unchanged, candidates do not count', () => {
  const candidate = finding({ uid: 'b', status: 'candidate', entity: { ...finding().entity, name: 'b' } });
  expect(compare([finding(), candidate], [finding(), candidate])).toEqual({ changes: [], unchanged: 1 });
});

test('a finding that vanishes names the term, the parameter and the threshold it misses', () => {
  const terms = [term('volume', 0.8), term('exec', 0.35, { class: 'orchestration' })];
  const before = finding({ score: 0.87, terms });
  const after = finding({ score: 0.35, status: 'candidate', terms: [terms[1]!] });
  const [change] = compare([before], [after]).changes;
  expect(change).toMatchObject({ kind: 'vanishes', instead: null });
  expect(change!.why).toEqual([
    'volume (uses floor_bytes): 0.80 → no hit; volume says',
    'then its score 0.35 is under the 0.85 that one class needs (openAtSingleClass)',
  ]);
});

test('one that appears tells why it was not open', () => {
  const terms = [term('volume', 0.5), term('exec', 0.35, { class: 'orchestration' })];
  const after = finding({ score: 0.67, terms });
  const before = finding({ score: 0.35, status: 'candidate', terms: [terms[1]!] });
  expect(compare([before], [after]).changes[0]!.why.at(-1)).toMatch(/^now its score 0.35 is under the 0.85/);
  expect(compare([], [after]).changes[0]!.why.at(-1)).toBe('now nothing of it is left');
});

test('a threshold alone makes findings vanish', () => {
  const terms = [term('volume', 0.5), term('exec', 0.3, { class: 'orchestration' })];
  const before = finding({ score: 0.65, terms });
  const after: Finding = { ...before, status: 'candidate' };
  const then = strategies.map((each) => ({ ...each, openAt: 0.7 }));
  expect(compare([before], [after], then).changes[0]!.why).toEqual([
    'then its score 0.65 is under the 0.7 that two classes or more need (openAt)',
  ]);
});

test('another score, severity or priority is a change', () => {
  const before = finding({ terms: [term('volume', 0.9)] });
  expect(compare([before], [{ ...before, score: 0.8, terms: [term('volume', 0.8)] }]).changes).toMatchObject([
    { kind: 'changes', why: ['volume (uses floor_bytes): 0.90 → 0.80; volume says'] },
  ]);
  expect(compare([before], [{ ...before, priority: 'low' }]).changes).toMatchObject([{ kind: 'changes' }]);
});

test('what another finding tells of is not lost', () => {
  const before = finding({ uid: 'a', terms: [term('volume', 0.9)] });
  const candidate: Finding = { ...before, status: 'candidate' };
  const winner = finding({ uid: 'w', strategy: 'T2-b' });
  expect(compare([before], [candidate, winner]).changes).toMatchObject([
    { kind: 'vanishes', instead: 'w', why: ['then finding w of T2-b tells of it'] },
    { kind: 'appears', instead: null },
  ]);
  const [first, second] = [
    finding({ uid: 'a', window: at(0, 5) }),
    finding({ uid: 'b', window: at(10, 15) }),
  ];
  const whole = finding({ uid: 'a', window: at(0, 15) });
  expect(compare([first, second], [whole]).changes).toMatchObject([{ kind: 'vanishes', instead: 'a' }]);
});

test('a finding that an allowance hides then says so', () => {
  const after = finding({ status: 'suppressed', suppressed_by: 'a drill (ops)' });
  expect(compare([finding()], [after]).changes[0]!.why).toEqual(['then it is hidden: a drill (ops)']);
});
