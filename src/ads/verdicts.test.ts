import { expect, test } from 'vitest';
import { finding } from '../correlate/testing/made-up.js';
import type { Term } from '../model/hunt-result.js';
import type { Verdict, VerdictWord } from '../model/verdict-file.js';
import { matchVerdicts, measurePrecision } from './verdicts.js';

const said = (verdict: VerdictWord) => ({ verdict, reason: 'seen', where: `v.yaml:${verdict}` });
const uid = (verdict: VerdictWord, of = finding().uid): Verdict => ({ uid: of, ...said(verdict) });
const window = (values: object = {}): Verdict => ({
  technique: 'T1',
  entity: 'app',
  from: '2026-01-01T00:00:30Z',
  to: '2026-01-01T02:00:00+01:00',
  ...said('benign'),
  ...values,
});

test('a verdict names a finding by uid, or by technique, entity and time', () => {
  expect(matchVerdicts([uid('true_positive')], [finding()]).byUid.get(finding().uid)?.verdict).toBe(
    'true_positive',
  );
  expect(matchVerdicts([window()], [finding()]).byUid.get(finding().uid)?.verdict).toBe('benign');
  expect(matchVerdicts([window({ entity: '10.0.0.2' })], [finding()]).unmatched).toEqual([]);
});

test.each([
  ['another technique', window({ technique: 'T2' })],
  ['another entity', window({ entity: 'ap' })],
  ['another time', window({ from: '2026-01-01T00:01:00.5Z' })],
  ['another uid', uid('benign', 'fedcba9876543210')],
])('%s names nothing, and is told', (_, verdict) => {
  const { byUid, unmatched } = matchVerdicts([verdict], [finding()]);
  expect(byUid.size).toBe(0);
  expect(unmatched).toEqual([verdict]);
});

test('verdicts that disagree are a mistake with both places; the same twice is none', () => {
  expect(() => matchVerdicts([uid('true_positive'), window()], [finding()])).toThrow(
    `v.yaml:benign: benign for finding ${finding().uid}, which v.yaml:true_positive calls true_positive`,
  );
  expect(matchVerdicts([uid('benign'), window()], [finding()]).byUid.size).toBe(1);
});

test('precision counts open findings that were judged; benign ones count neither way', () => {
  const term = (analytic: string, counted: boolean): Term => ({
    analytic,
    class: 'traffic',
    likelihood: 0.9,
    counted,
    measured: {},
    says: '',
    window: { from: '', to: '' },
  });
  const words: (VerdictWord | null)[] = ['true_positive', 'true_positive', 'false_positive', 'benign', null];
  const findings = words.map((_, index) =>
    finding({ uid: String(index), terms: [term('volume', true), term('ratio', index === 2)] }),
  );
  const candidate = finding({ uid: '2', status: 'candidate' });
  expect(measurePrecision([...findings, candidate], ({ uid: of }) => words[Number(of)] ?? null)).toEqual([
    {
      of: 'T1-a',
      true_positives: 2,
      false_positives: 1,
      benign: 1,
      unjudged: 1,
      precision: 2 / 3,
      interval: [expect.closeTo(0.2077, 4), expect.closeTo(0.9385, 4)],
      expected_precision: 3 / 5,
    },
    {
      of: 'T1-a/ratio',
      true_positives: 0,
      false_positives: 1,
      benign: 0,
      unjudged: 0,
      precision: 0,
      interval: [0, expect.closeTo(0.7935, 4)],
      expected_precision: 1 / 3,
    },
    {
      of: 'T1-a/volume',
      true_positives: 2,
      false_positives: 1,
      benign: 1,
      unjudged: 1,
      precision: 2 / 3,
      interval: [expect.closeTo(0.2077, 4), expect.closeTo(0.9385, 4)],
      expected_precision: 3 / 5,
    },
  ]);
});
