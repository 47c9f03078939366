import type { Finding, Term } from '../model/hunt-result.js';
import { formatProbability } from './format.js';

/** Hits below this likelihood add nothing to a score (design: from hits to a finding). */
const LEAST_LIKELIHOOD = 0.2;

export interface ScoreStep {
  term: Term;
  /** 1 − p, or null for a term that does not count. */
  remaining: number | null;
  /** Score after this term; unchanged by a term that does not count. */
  scoreSoFar: number;
  /** Why it does not count; '' when it does. */
  leftOut: string;
}

/** The noisy-or term by term, in the finding's order, so that a reader can redo it by hand. */
export function scoreSteps(finding: Finding): ScoreStep[] {
  let doubt = 1;
  return finding.terms.map((term) => {
    if (!term.counted) return { term, remaining: null, scoreSoFar: 1 - doubt, leftOut: whyLeftOut(term) };
    doubt *= 1 - term.likelihood;
    return { term, remaining: 1 - term.likelihood, scoreSoFar: 1 - doubt, leftOut: '' };
  });
}

/** `1 − (1−0.80 traffic outbound-volume)(1−0.70 process upload-tool) = 0.94` */
export function scoreEquation(finding: Finding): string {
  const factors = finding.terms
    .filter((term) => term.counted)
    .map((term) => `(1−${formatProbability(term.likelihood)} ${term.class} ${term.analytic})`);
  if (factors.length === 0) return `no term counts = ${formatProbability(finding.score)}`;
  return `1 − ${factors.join('')} = ${formatProbability(finding.score)}`;
}

function whyLeftOut(term: Term): string {
  return term.likelihood < LEAST_LIKELIHOOD
    ? `below ${formatProbability(LEAST_LIKELIHOOD)}`
    : `a stronger ${term.class} hit counts`;
}
