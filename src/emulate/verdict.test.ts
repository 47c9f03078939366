import { describe, expect, it } from 'vitest';
import type { Emulation } from '../model/emulation.js';
import type { StrategyStateName } from '../model/hunt-result.js';
import type { SensorStatus } from '../sense/sense.js';
import { judgeRun, type Outcome } from './verdict.js';

const about = { strategy: 'T1-a', entity: 'app1' };

function emulation(kind: Emulation['kind'], expect: Partial<Emulation['expect']> = {}): Emulation {
  return { kind, strategy: 'T1-a', expect: { findings: [], suppressed: [], ...expect } } as never;
}

function sensor(state: SensorStatus['state'], reason = ''): SensorStatus {
  return { name: 'flow events', state, reason, files: [], losses: {}, gaps: [] };
}

function outcome(values: Partial<Outcome> = {}, state: StrategyStateName = 'quiet'): Outcome {
  const states = [{ id: 'T1-a', technique: 'T1', title: '', state, reasons: ['no byte counters'] }];
  return {
    ...{ missing: [], hasFalseFindings: false, unhidden: [], states, sensors: [sensor('on')] },
    ...values,
  };
}

describe('judgeRun', () => {
  it('believes the silence of a twin when everybody looked', () => {
    const sensors = [sensor('on'), sensor('off', 'not asked for')];
    expect(judgeRun(emulation('twin'), outcome({ sensors })).verdict).toBe('quiet');
  });

  it.each<[string, Outcome, RegExp]>([
    ['a sensor was off', outcome({ sensors: [sensor('off', 'no conntrack')] }), /did not look: no conntrack/],
    ['the strategy was blind', outcome({}, 'blind'), /T1-a is blind: no byte counters/],
    ['nothing was suppressed that had to be', outcome({ unhidden: [about] }), /on app1 is not there/],
  ])('takes silence for nothing when %s', (_what, seen, reason) => {
    const judged = judgeRun(emulation('twin', { suppressed: [about] }), seen);
    expect(judged.verdict).toBe('not run');
    expect(judged.reason).toMatch(reason);
  });

  it('calls a false alarm one even when a sensor was off', () => {
    const seen = outcome({ hasFalseFindings: true, sensors: [sensor('off', 'x')] });
    expect(judgeRun(emulation('twin'), seen).verdict).toBe('false alarm');
  });

  it('finds an attack though something was broken, and says why one was missed', () => {
    expect(judgeRun(emulation('attack'), outcome({}, 'blind'))).toEqual({ verdict: 'found', reason: null });
    const missed = judgeRun(emulation('attack'), outcome({ missing: [about] }, 'blind'));
    expect(missed).toEqual({ verdict: 'missed', reason: 'T1-a is blind: no byte counters' });
  });
});
