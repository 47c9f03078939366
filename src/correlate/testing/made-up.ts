import type { EvidenceClass, Finding } from '../../model/hunt-result.js';
import type { Analytic, Hit, Strategy } from '../../model/strategy.js';

/** Made-up hits, strategies and findings: only what the tests of correlation look at. */

const analytic = (id: string, kind: EvidenceClass, role: Analytic['role'] = 'trigger'): Analytic => ({
  id,
  what: id,
  class: kind,
  needs: [],
  parameters: [],
  role,
  sql: '',
  file: `${id}.sql`,
});

export function strategy(values: Partial<Strategy> = {}): Strategy {
  return {
    id: 'T1-a',
    technique: 'T1',
    title: 'A',
    tactic: 'exfiltration',
    attack: { release: '1', detectionStrategy: '', analytics: [] },
    platforms: [],
    openAt: 0.6,
    openAtSingleClass: 0.85,
    requires: ['volume', 'ratio'],
    replaces: [],
    correlationWindowSeconds: 3600,
    tickSeconds: 5,
    shared: [],
    sharedProbes: [],
    parameters: [],
    priority: [],
    probes: [],
    carries: {},
    analytics: [
      analytic('volume', 'traffic'),
      analytic('ratio', 'traffic'),
      analytic('tool', 'process'),
      analytic('first-seen', 'destination', 'context'),
      analytic('exec', 'orchestration', 'context'),
    ],
    folder: '',
    file: '',
    ...values,
  };
}

const CLASS_OF: Record<string, EvidenceClass> = {
  volume: 'traffic',
  ratio: 'traffic',
  tool: 'process',
  'first-seen': 'destination',
  exec: 'orchestration',
};

export function hit(name: string, likelihood: number, values: Partial<Hit> = {}): Hit {
  return {
    strategy: 'T1-a',
    analytic: name,
    class: CLASS_OF[name]!,
    entity_id: 'workload:app',
    from: '2026-01-01T00:00:00.000000Z',
    to: '2026-01-01T00:01:00.000000Z',
    likelihood,
    says: name,
    measured: {},
    destinations: [],
    ...values,
  };
}

export function finding(values: Partial<Finding> = {}): Finding {
  return {
    uid: '0123456789abcdef',
    strategy: 'T1-a',
    technique: 'T1',
    title: 'A',
    severity: 'high',
    score: 0.9,
    entity: { kind: 'workload', name: 'app', ip: '10.0.0.2', container_uid: null, image: null },
    attribution: { method: 'ip+time', confidence: 0.9 },
    window: { from: '2026-01-01T00:00:00.000000Z', to: '2026-01-01T00:01:00.000000Z' },
    destinations: [],
    incident: '',
    priority: 'high',
    status: 'open',
    why: '',
    evidence_query: '',
    terms: [],
    suppressed_by: null,
    ...values,
  };
}
