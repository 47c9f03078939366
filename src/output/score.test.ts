import { describe, expect, it } from 'vitest';
import { scoreEquation, scoreSteps } from './score.js';
import { sampleFindings } from './testing/sample-findings.js';

const finding = sampleFindings[0]!;

describe('score', () => {
  it('reads as an equation of the counted terms', () => {
    const two = { ...finding, score: 0.94, terms: [finding.terms[0]!, finding.terms[1]!, finding.terms[3]!] };
    expect(scoreEquation(two)).toBe(
      '1 − (1−0.80 traffic outbound-volume)(1−0.70 process upload-tool) = 0.94',
    );
    expect(scoreEquation({ ...finding, score: 0, terms: [] })).toBe('no term counts = 0.00');
  });

  it('comes to the stated score term by term, and says why a term is left out', () => {
    const steps = scoreSteps(finding);
    expect(steps.at(-1)!.scoreSoFar).toBeCloseTo(finding.score, 3);
    expect(steps.map((step) => step.leftOut)).toEqual([
      '',
      'a stronger traffic hit counts',
      '',
      '',
      '',
      'below 0.20',
    ]);
  });
});
