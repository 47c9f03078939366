import { describe, expect, test } from 'vitest';
import { finding, strategy } from '../correlate/testing/made-up.js';
import type { Finding, HuntResult, StrategyState } from '../model/hunt-result.js';
import type { VerdictWord } from '../model/verdict-file.js';
import { sampleResult } from '../output/testing/sample-result.js';
import type { Scenario } from './scenario.js';
import { type Candidate, propose, type Sweep } from './tune.js';
import { addEffect, type Effect, effectOnLogs, effectOnScenario, noEffect } from './tune-effect.js';

const strategies = [strategy()];

const scenario = (id: string, expected: Scenario['expect']['findings'], values: object = {}): Scenario => ({
  id,
  kind: id.split('-')[0] as Scenario['kind'],
  sentence: id,
  origin: 'written',
  inputs: ['conn.log'],
  baseline: [],
  intel: [],
  flags: { container_cidr: [] },
  folder: '',
  file: '',
  isEmulation: false,
  expect: { findings: expected, suppressed: [], quiet: [], lossy: false, ...values },
});

const state = (findings: Finding[], reasons: string[] = []): StrategyState => ({
  id: 'T1-a',
  technique: 'T1',
  title: 'A',
  state: findings.some(({ status }) => status === 'open') ? 'fired' : 'quiet',
  reasons,
});

const seen = (findings: Finding[], reasons: string[] = []) => ({
  findings,
  strategies: [state(findings, reasons)],
});

const result = (findings: Finding[]): HuntResult =>
  sampleResult({
    report: { version: 1, inputs: [], suppressed: 0, ...seen(findings) },
    problems: [],
  });

const on = (name: string, values: Partial<Finding> = {}): Finding =>
  finding({ uid: name, entity: { ...finding().entity, name, ip: null }, ...values });

/** Only what is not empty, without margins. */
const short = ({ margins, ...effect }: Effect) =>
  Object.fromEntries(Object.entries(effect).filter(([, list]) => list.length > 0));

const effect = (given: Scenario, before: Finding[], after: Finding[], reasons: string[] = []) =>
  effectOnScenario({ strategy: 'T1-a', scenario: given }, result(before), {
    trial: seen(after, reasons),
    strategies,
  });

describe('a value is held against a scenario', () => {
  const fires = scenario('fires-x', [{ entity: 'app' }]);

  test('a true positive that stays is kept, with its margin over the threshold of one class or two', () => {
    const one = on('app', { score: 0.9, terms: [] });
    const kept = effect(fires, [on('app')], [one]);
    expect(short(kept)).toEqual({ kept: ['fires-x on app'] });
    expect(kept.margins).toEqual([{ margin: expect.closeTo(0.05), of: 'fires-x on app' }]);
  });

  test('one that is no longer open is lost, and not told twice', () => {
    expect(short(effect(fires, [on('app')], [on('app', { status: 'candidate' })]))).toEqual({
      lost: ['fires-x on app'],
    });
  });

  test('one that was missed is gained, and mends the scenario', () => {
    expect(short(effect(fires, [], [on('app')]))).toEqual({
      gained: ['fires-x on app'],
      mended: ['fires-x'],
    });
  });

  test('what nobody expects is false: new or gone', () => {
    expect(short(effect(scenario('quiet-x', []), [], [on('web')]))).toEqual({
      false_new: ['quiet-x on web'],
    });
    expect(short(effect(fires, [on('app'), on('web')], [on('app')]))).toEqual({
      kept: ['fires-x on app'],
      false_gone: ['fires-x on web'],
      mended: ['fires-x'],
    });
  });

  test('a false one that stays is told as well', () => {
    expect(short(effect(fires, [on('app'), on('web')], [on('app'), on('web')]))).toEqual({
      kept: ['fires-x on app'],
      false_kept: ['fires-x on web'],
    });
  });

  test('what is found in a misses- scenario closes a blind spot and is no false positive', () => {
    expect(short(effect(scenario('misses-x', []), [], [on('web')]))).toEqual({ closed: ['misses-x on web'] });
  });

  test('another expectation that no longer holds is broken', () => {
    const strong = scenario('fires-x', [{ entity: 'app', minScore: 0.9 }]);
    expect(short(effect(strong, [on('app', { score: 0.95 })], [on('app', { score: 0.88 })]))).toEqual({
      kept: ['fires-x on app'],
      broken: ['fires-x: score of open finding on "app" falls below the expected at least 0.9'],
    });
  });

  test('an analytic that cannot be asked with the value is told', () => {
    expect(short(effect(scenario('quiet-x', []), [], [], ['volume could not be asked: no'])).broken).toEqual([
      'quiet-x: volume could not be asked: no',
    ]);
  });
});

describe('a value is held against logs', () => {
  const verdicts: Record<string, VerdictWord> = {
    right: 'true_positive',
    wrong: 'false_positive',
    job: 'benign',
  };
  const logs = (before: Finding[], after: Finding[]) =>
    effectOnLogs(
      result(before),
      { trial: seen(after), strategies },
      {
        strategy: 'T1-a',
        verdictOf: ({ uid }) => verdicts[uid] ?? null,
      },
    );
  const name = (uid: string) => `logs: T1 on ${uid} (${uid})`;
  const names = ['right', 'wrong', 'job', 'new'];

  test('by what was said of each finding', () => {
    const everything = names.map((each) => on(each));
    expect(short(logs(everything, []))).toEqual({
      lost: [name('right')],
      false_gone: [name('wrong')],
      other_gone: [name('job'), name('new')],
    });
    expect(short(logs([], everything))).toEqual({
      gained: [name('right')],
      false_new: [name('wrong')],
      other_new: [name('job'), name('new')],
    });
    const kept = logs(everything, everything);
    expect(short(kept)).toEqual({ kept: [name('right')], false_kept: [name('wrong')] });
    expect(kept.margins).toEqual([{ margin: expect.closeTo(0.05), of: name('right') }]);
  });

  test('what another finding tells of is neither lost nor gone', () => {
    const whole = on('right', {
      uid: 'whole',
      window: { ...finding().window, to: '2026-01-01T01:00:00.000000Z' },
    });
    expect(short(logs([on('right')], [whole]))).toEqual({ kept: [name('right')] });
  });
});

describe('the proposal', () => {
  const candidate = (
    value: number,
    judgement: Candidate['judgement'],
    values: Partial<Effect> = {},
  ): Candidate => ({
    value,
    is_current: judgement === 'current',
    judgement,
    effect: { ...noEffect(), ...values },
  });
  const sweep = (...candidates: Candidate[]): Sweep => ({
    strategy: 'T1-a',
    parameter: { name: 'floor', type: 'UInt64', unit: 'bytes', default: 100, range: [1, 10000], reason: '' },
    candidates,
  });

  test('gains most; of equals it is the one nearest to the current value', () => {
    const one = { false_gone: ['a'] };
    const values = sweep(
      candidate(10, 'better', one),
      candidate(100, 'current'),
      candidate(200, 'better', one),
      candidate(400, 'better', one),
    );
    expect(propose([values])?.value).toBe(200);
    const more = sweep(...values.candidates, candidate(800, 'better', { false_gone: ['a'], gained: ['b'] }));
    expect(propose([more])?.value).toBe(800);
  });

  test('is none where nothing is better', () => {
    expect(
      propose([sweep(candidate(100, 'current'), candidate(200, 'same'), candidate(400, 'worse'))]),
    ).toBeNull();
  });

  test('effects of several scenarios add up', () => {
    const sum = noEffect();
    addEffect(sum, { ...noEffect(), kept: ['a'], margins: [{ margin: 1, of: 'a' }] });
    addEffect(sum, { ...noEffect(), kept: ['b'], lost: ['c'] });
    expect(sum).toMatchObject({ kept: ['a', 'b'], lost: ['c'], margins: [{ of: 'a' }] });
  });
});
