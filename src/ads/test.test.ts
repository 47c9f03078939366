import { describe, expect, it } from 'vitest';
import type { Finding, HuntResult, StrategyStateName } from '../model/hunt-result.js';
import { contentFolder } from '../model/paths.js';
import { readAllAds } from './folder.js';
import { type Scenario, type ScenarioKind, scenarioFile } from './scenario.js';
import { formatOutcome, formatTotals, judge, testScenarios } from './test.js';

function scenario(kind: ScenarioKind, expected: object): Scenario {
  const file = scenarioFile.parse({
    sentence: 'x',
    origin: 'written',
    inputs: ['conn.log'],
    expect: expected,
  });
  return { ...file, id: `${kind}-x`, kind, folder: '/s', file: '/s/scenario.yaml', isEmulation: false };
}

function finding(
  name: string,
  score: number,
  status: Finding['status'] = 'open',
  strategy = 'T1-a',
): Finding {
  const entity = { kind: 'workload', name, ip: '10.20.0.1', container_uid: 'abcdef0123456789', image: null };
  return { strategy, entity, score, status, why: 'much was sent', terms: [] as Finding['terms'] } as Finding;
}

function result(
  findings: Finding[],
  state: StrategyStateName = 'fired',
  problems: HuntResult['problems'] = [],
): HuntResult {
  const strategies = [{ id: 'T1-a', technique: 'T1', title: 'x', state, reasons: [] }];
  return {
    report: { version: 1, inputs: [], strategies, findings, suppressed: 0 },
    problems,
    failures: [],
  } as unknown as HuntResult;
}

describe('judge', () => {
  const fires = scenario('fires', { findings: [{ entity: 'app1', minScore: 0.8 }], state: 'fired' });

  it('passes when the finding is there', () => {
    expect(judge('T1-a', fires, result([finding('app1', 0.9)]))).toEqual([]);
  });

  it('takes an address or the start of a container id for a name', () => {
    for (const entity of ['10.20.0.1', 'abcdef012345']) {
      expect(
        judge('T1-a', scenario('fires', { findings: [{ entity }] }), result([finding('app1', 0.9)])),
      ).toEqual([]);
    }
  });

  it('says what is missing, too weak, or too much', () => {
    expect(judge('T1-a', fires, result([], 'quiet'))).toEqual([
      'no open finding of T1-a on "app1"',
      'state is quiet, expected fired',
    ]);
    expect(judge('T1-a', fires, result([finding('app1', 0.7)]))).toEqual([
      'score of open finding on "app1" is 0.700, expected at least 0.8',
    ]);
    expect(judge('T1-a', fires, result([finding('app1', 0.9), finding('app2', 0.9)]))).toEqual([
      'T1-a fired on "app2" with 0.900: much was sent',
    ]);
  });

  it('minds neither candidates nor other strategies', () => {
    const others = [finding('app1', 0.9, 'candidate'), finding('app1', 0.9, 'open', 'T2-b')];
    expect(judge('T1-a', scenario('quiet', { findings: [] }), result(others))).toEqual([]);
  });

  it('lets no strategy speak of recorded work that is harmless', () => {
    const twin = { ...scenario('quiet', { findings: [] }), isEmulation: true };
    expect(judge('T1-a', twin, result([finding('app1', 0.9, 'open', 'T2-b')]))).toEqual([
      'T2-b fired on "app1" with 0.900: much was sent',
    ]);
  });

  it('tells when a blind spot is closed', () => {
    expect(judge('T1-a', scenario('misses', { findings: [] }), result([finding('app1', 0.9)]))[0]).toMatch(
      /^the blind spot is closed/,
    );
  });

  it('passes nothing that could not be asked, whatever is expected', () => {
    const reason = 'volume could not be asked: x';
    const failures = [
      { strategy: 'T1-a', reason },
      { strategy: 'T2-b', reason: 'another' },
    ];
    for (const kind of ['misses', 'quiet'] as const) {
      const asked = { ...result([], 'degraded'), failures };
      expect(judge('T1-a', scenario(kind, { findings: [] }), asked)).toEqual([reason]);
    }
  });

  it('asks that a suppressed finding is kept', () => {
    const quiet = scenario('quiet', { findings: [], suppressed: [{ entity: 'app1' }] });
    expect(judge('T1-a', quiet, result([finding('app1', 0.9, 'suppressed')]))).toEqual([]);
    expect(judge('T1-a', quiet, result([]))).toEqual(['no suppressed finding of T1-a on "app1"']);
  });

  it('asks for the analytics that must have seen it', () => {
    const wanted = scenario('fires', { findings: [{ entity: 'app1', analytics: ['volume', 'tool'] }] });
    const seen = { ...finding('app1', 0.9), terms: [{ analytic: 'volume' }] } as Finding;
    expect(judge('T1-a', wanted, result([seen]))).toEqual(['tool did not see "app1"']);
  });

  it('takes no silence of a blind strategy for quiet, unless the scenario is about that', () => {
    expect(judge('T1-a', scenario('quiet', { findings: [] }), result([], 'blind'))).toEqual([
      expect.stringMatching(/^quiet because blind/),
    ]);
    expect(judge('T1-a', scenario('quiet', { findings: [], state: 'blind' }), result([], 'blind'))).toEqual(
      [],
    );
    expect(judge('T1-a', scenario('misses', { findings: [] }), result([], 'blind'))).toEqual([]);
  });

  it('takes what sensors say of their losses for no failure where the scenario says that they lost', () => {
    const where = '/s/logs/sense.json';
    const problems = [{ where, what: 'lost 9 events', advice: '', level: 'error' as const }];
    const lossy = scenario('quiet', { findings: [], lossy: true });
    expect(judge('T1-a', lossy, result([], 'quiet', problems))).toEqual([]);
    expect(judge('T1-a', scenario('quiet', { findings: [] }), result([], 'quiet', problems))).toHaveLength(1);
  });

  it('fails when an input could not be read', () => {
    const problems = [{ where: 'conn.log', what: 'no log', advice: '', level: 'error' as const }];
    expect(judge('T1-a', scenario('quiet', { findings: [] }), result([], 'quiet', problems))).toEqual([
      'input not read: conn.log: no log',
    ]);
  });
});

describe('testScenarios', () => {
  it('hands over resolved paths and options, and keeps going after a failure', async () => {
    const all = await readAllAds(contentFolder('strategies'));
    const asked: { paths: string[]; baseline: string[]; cidrs: string[] }[] = [];
    const outcomes = await testScenarios(
      all,
      async (paths, { baseline, containerCidrs }) => {
        asked.push({ paths, baseline, cidrs: containerCidrs });
        throw new Error('no engine here');
      },
      { only: 'T1567-exfiltration-over-web-service/fires-on-upload-above', now: () => 0 },
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]!.paths[0]).toMatch(/fires-on-upload-above-own-baseline\/conn\.log$/);
    expect(asked[0]!.baseline[0]).toMatch(/baseline\/conn\.log$/);
    expect(asked[0]!.cidrs).toEqual(['10.20.0.0/16']);
    expect(outcomes.map(formatOutcome).join('') + formatTotals(outcomes)).toBe(
      'FAIL  T1567-exfiltration-over-web-service/fires-on-upload-above-own-baseline  0.0 s\n' +
        '      the hunt failed: no engine here\n0 passed, 1 failed\n',
    );
  });
});
