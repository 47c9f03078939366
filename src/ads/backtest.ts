import type { Finding, HuntReport, Trial } from '../model/hunt-result.js';
import type { ParameterChange } from '../model/parameter-change.js';
import type { Precision } from '../model/precision.js';
import type { Strategy } from '../model/strategy.js';
import type { Verdict, VerdictWord } from '../model/verdict-file.js';
import { type Comparison, compareFindings } from './compare-findings.js';
import { isSameEpisode } from './pair-findings.js';
import { matchVerdicts, measurePrecision } from './verdicts.js';

export interface Backtest extends Comparison {
  open: { before: number; after: number };
  suppressed: { before: number; after: number };
  /** Null without verdicts. */
  verdicts: {
    /** Findings with the verdict true positive that are open now and would not be, nor told by another. */
    lost: Finding[];
    precision: { before: Precision[]; after: Precision[] };
    /** Places of verdicts that name no finding of these logs. */
    unmatched: string[];
  } | null;
  /** Reasons of strategies that could see less under the change. */
  failures: string[];
}

/** What the one trial of the hunt does to its findings. */
export function backtest(
  { report }: { report: Pick<HuntReport, 'findings' | 'strategies'> },
  trial: Trial,
  {
    changes,
    verdicts,
    strategies,
  }: {
    changes: readonly ParameterChange[];
    verdicts: readonly Verdict[] | null;
    /** As they stand, and with the changes. */
    strategies: { before: readonly Strategy[]; after: readonly Strategy[] };
  },
): Backtest {
  const { before, after, unmatched } = tieVerdicts(verdicts ?? [], report.findings, trial.findings);
  const comparison = compareFindings(
    { findings: report.findings, strategies: strategies.before },
    { findings: trial.findings, strategies: strategies.after },
    {
      changes,
      verdictOf: (pair) => (pair.before && before(pair.before)) ?? (pair.after && after(pair.after)),
    },
  );
  const count = (findings: readonly Finding[], status: Finding['status']) =>
    findings.filter((finding) => finding.status === status).length;
  const reasonsNow = new Set(report.strategies.flatMap(({ reasons }) => reasons));
  return {
    ...comparison,
    open: { before: count(report.findings, 'open'), after: count(trial.findings, 'open') },
    suppressed: { before: count(report.findings, 'suppressed'), after: count(trial.findings, 'suppressed') },
    verdicts: verdicts && {
      lost: comparison.changes.flatMap(({ kind, before: finding, instead, verdict }) =>
        kind === 'vanishes' && instead === null && verdict === 'true_positive' ? finding! : [],
      ),
      precision: {
        before: measurePrecision(report.findings, before),
        after: measurePrecision(trial.findings, after),
      },
      unmatched: unmatched.map(({ where }) => where),
    },
    failures: trial.strategies.flatMap(({ id, reasons }) =>
      reasons.filter((reason) => !reasonsNow.has(reason)).map((reason) => `${id}: ${reason}`),
    ),
  };
}

/** Who said what of a finding of either side: of itself, or of the same episode on the other side. */
function tieVerdicts(verdicts: readonly Verdict[], now: readonly Finding[], then: readonly Finding[]) {
  const uids = new Set(now.map(({ uid }) => uid));
  const { byUid, unmatched } = matchVerdicts(verdicts, [...now, ...then.filter(({ uid }) => !uids.has(uid))]);
  const on =
    (others: readonly Finding[]) =>
    (finding: Finding): VerdictWord | null => {
      const judged = [finding, ...others].find((each) => byUid.has(each.uid) && isSameEpisode(each, finding));
      return (judged && byUid.get(judged.uid)?.verdict) ?? null;
    };
  return { before: on(then), after: on(now), unmatched };
}
