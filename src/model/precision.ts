import type { VerdictWord } from './verdict-file.js';

export interface Precision {
  /** A strategy, or one of its analytics as strategy/analytic. */
  of: string;
  true_positives: number;
  false_positives: number;
  /** Right about what happened, and authorised: neither for nor against the strategy. */
  benign: number;
  unjudged: number;
  /** True positives among true and false ones; null when none was judged. */
  precision: number | null;
  /** Wilson's interval of it: 95 of 100 such intervals hold the true share. */
  interval: [low: number, high: number] | null;
  /** The same from a flat Beta(1, 1) prior: what to expect of the next finding. */
  expected_precision: number;
}

export type Tally = Record<VerdictWord | 'unjudged', number>;

export function precisionOf(of: string, tally: Tally): Precision {
  const { true_positive: right, false_positive: wrong, benign, unjudged } = tally;
  return {
    ...{ of, true_positives: right, false_positives: wrong, benign, unjudged },
    precision: right + wrong === 0 ? null : right / (right + wrong),
    interval: right + wrong === 0 ? null : wilson(right, right + wrong),
    expected_precision: (right + 1) / (right + wrong + 2),
  };
}

/** Quantile of the normal distribution that 2.5 % lie above. */
const Z = 1.959964;

function wilson(right: number, judged: number): [number, number] {
  const share = right / judged;
  const scale = 1 + Z ** 2 / judged;
  const centre = (share + Z ** 2 / (2 * judged)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / judged + Z ** 2 / (4 * judged ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
