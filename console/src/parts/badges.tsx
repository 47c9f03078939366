import type { EvidenceClass, Severity, StrategyStateName } from '../../../src/model/hunt-result.js';
import type { KeptFinding } from '../../../src/model/live.js';
import { EVIDENCE_SHAPES, SEVERITY_SHAPES, STATE_SHAPES } from '../../../src/output/shapes.js';
import { Logged } from '../text.js';

const Shape = ({ path }: { path: string }) => (
  <svg viewBox="0 0 16 16" width="11" height="11" aria-hidden="true">
    <path d={path} />
  </svg>
);

/** Said three times: by word, by shape and by colour. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <span className={`badge solid sev-${severity}`}>
      <Shape path={SEVERITY_SHAPES[severity]} />
      {severity === 'informational' ? 'info' : severity}
    </span>
  );
}

export function StateBadge({ state }: { state: StrategyStateName }) {
  return (
    <span className={`badge state-${state}`}>
      <Shape path={STATE_SHAPES[state]} />
      {state}
    </span>
  );
}

export function ClassName({ kind }: { kind: EvidenceClass }) {
  return (
    <span className="class-name">
      <svg viewBox="-8 -8 16 16" width="13" height="13" aria-hidden="true">
        <path className={`mark ${kind}`} d={EVIDENCE_SHAPES[kind]} />
      </svg>
      {kind}
    </span>
  );
}

const VERDICT_WORDS = {
  true_positive: 'true positive',
  false_positive: 'false positive',
  benign: 'benign',
} as const;
export type VerdictWord = keyof typeof VERDICT_WORDS;
export const VERDICTS = Object.keys(VERDICT_WORDS) as VerdictWord[];
export const verdictText = (verdict: VerdictWord): string => VERDICT_WORDS[verdict];

/** Where a finding stands: open or closed, judged how, whose it is. */
export function Standing({ kept }: { kept: KeptFinding }) {
  return (
    <span className="standing">
      {kept.finding.status === 'suppressed' && <span className="chip">suppressed</span>}
      {kept.state === 'closed' && <span className="chip">closed</span>}
      {kept.verdict && <span className="chip strong">{verdictText(kept.verdict)}</span>}
      {kept.assignee !== null && (
        <span className="chip">
          <Logged text={kept.assignee} limit={40} />
        </span>
      )}
    </span>
  );
}
