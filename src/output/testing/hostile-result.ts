import type { HuntResult } from '../../model/hunt-result.js';
import { sampleResult } from './sample-result.js';

/** What an attacker would write into a log to reach its reader: every kind of output is somebody's target. */
export const ATTACKS: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-' onload='x",
  '</style></svg></title></pre><iframe src=//evil.example>',
  '<!--',
  '\x1b]0;owned\x07\x1b[2J\x1b[31m',
  '\x9b31m\u0085\x7f',
  'invoice\u202egnp.exe\u2066\u2069\u200b\u2028\u2029\ufeff',
  '=cmd|"/C calc"!A0',
  '@SUM(1+1)*cmd|x',
  'a\nCRIT  1.00  T0000 forged line\r\x08\x08',
  '\ud800 lone surrogate',
  '[x](javascript:alert(1)) `$(reboot)` {{7*7}} **b** | c',
  '__proto__',
];

/** The sample with `attack` in every string that a log can reach. */
export function hostileResult(attack: string): HuntResult {
  const result = sampleResult();
  const from = result.report;
  return {
    ...result,
    report: {
      ...from,
      inputs: from.inputs.map((input) => ({ ...input, source: attack })),
      strategies: from.strategies.map((s) => ({ ...s, title: attack, reasons: [attack] })),
      findings: from.findings.map((f) => ({
        ...f,
        title: attack,
        why: attack,
        evidence_query: attack,
        incident: attack,
        suppressed_by: f.suppressed_by && attack,
        entity: { ...f.entity, name: attack, ip: attack, container_uid: attack, image: attack },
        destinations: f.destinations.map((to) => ({ ...to, ip: attack, domain: attack })),
        terms: f.terms.map((t) => ({
          ...t,
          analytic: attack,
          says: attack,
          measured: { [attack]: attack, n: 1 },
        })),
      })),
    },
    details: result.details.map((detail) => ({
      ...detail,
      baseline: detail.baseline && { ...detail.baseline, rung: attack },
      evidence: detail.evidence.map((row) => ({ ...row, source: attack, text: attack, file: attack })),
    })),
    assumptions: [attack],
    problems: [{ where: attack, what: attack, advice: attack, level: 'error' }],
    deadLetters: { total: 1, sample: [{ file: attack, line: 1, reason: attack, source: attack }] },
    clocks: result.clocks.map((clock) => ({ ...clock, source: attack })),
    beacons: result.beacons.map((beacon) => ({ ...beacon, entity: attack, destination: attack })),
    paths: [attack],
  };
}
