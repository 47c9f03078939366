import { ContentError } from '../model/front-matter.js';
import type { Finding } from '../model/hunt-result.js';
import { type Precision, precisionOf, type Tally } from '../model/precision.js';
import type { Verdict, VerdictWord } from '../model/verdict-file.js';
import { isEntity } from './test.js';

export interface Judged {
  /** Verdicts by the uid of the finding. */
  byUid: Map<string, Verdict>;
  /** Verdicts that name none of the findings. */
  unmatched: Verdict[];
}

/**
 * Ties verdicts to findings.
 *
 * @throws ContentError when two verdicts disagree on one finding
 */
export function matchVerdicts(verdicts: readonly Verdict[], findings: readonly Finding[]): Judged {
  const byUid = new Map<string, Verdict>();
  const mistakes: string[] = [];
  const unmatched = verdicts.filter((verdict) => {
    const meant = findings.filter((finding) => isMeant(verdict, finding));
    for (const { uid } of meant) {
      const other = byUid.get(uid);
      if (other && other.verdict !== verdict.verdict)
        mistakes.push(
          `${verdict.where}: ${verdict.verdict} for finding ${uid}, which ${other.where} calls ${other.verdict}; take one out`,
        );
      byUid.set(uid, verdict);
    }
    return meant.length === 0;
  });
  if (mistakes.length > 0) throw new ContentError(mistakes.join('\n'));
  return { byUid, unmatched };
}

function isMeant(verdict: Verdict, finding: Finding): boolean {
  if ('uid' in verdict) return verdict.uid === finding.uid;
  return (
    verdict.technique === finding.technique &&
    isEntity(finding, verdict.entity) &&
    Date.parse(verdict.from) <= Date.parse(finding.window.to) &&
    Date.parse(finding.window.from) <= Date.parse(verdict.to)
  );
}

/** How often open findings were right, by strategy and by each analytic that counted in them. */
export function measurePrecision(
  findings: readonly Finding[],
  verdictOf: (finding: Finding) => VerdictWord | null,
): Precision[] {
  const tallies = new Map<string, Tally>();
  for (const finding of findings.filter(({ status }) => status === 'open')) {
    const word = verdictOf(finding) ?? 'unjudged';
    const analytics = finding.terms.filter(({ counted }) => counted).map(({ analytic }) => analytic);
    for (const of of [finding.strategy, ...analytics.map((id) => `${finding.strategy}/${id}`)]) {
      const tally = tallies.get(of) ?? { true_positive: 0, false_positive: 0, benign: 0, unjudged: 0 };
      tally[word] += 1;
      tallies.set(of, tally);
    }
  }
  return [...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([of, tally]) => precisionOf(of, tally));
}
