import type { Backtest } from '../ads/backtest.js';
import type { FindingChange } from '../ads/compare-findings.js';
import type { Finding } from '../model/hunt-result.js';
import type { Precision } from '../model/precision.js';
import { clip, forTerminal } from '../output/escape.js';
import type { StatedChange } from './backtest.js';
import { columns } from './columns.js';

const TITLES = {
  vanishes: 'VANISH',
  appears: 'APPEAR',
  changes: 'CHANGE SCORE, SEVERITY OR PRIORITY',
} as const;

export function backtestToText(outcome: Backtest, changes: StatedChange[]): string {
  const { open, suppressed, unchanged, verdicts } = outcome;
  const lines = [
    'PARAMETERS',
    ...changes.map(({ strategy, name, value, was }) => `  ${strategy}/${name}: ${was} → ${value}`),
    '',
    `FINDINGS: ${open.before} open now, ${open.after} then; ${unchanged} unchanged; suppressed ${suppressed.before} now, ${suppressed.after} then`,
  ];
  for (const kind of ['vanishes', 'appears', 'changes'] as const) {
    const of = outcome.changes.filter((change) => change.kind === kind);
    if (of.length > 0) lines.push('', `${TITLES[kind]} (${of.length})`, ...of.flatMap(describe));
  }
  if (outcome.failures.length > 0)
    lines.push(
      '',
      'SEEN LESS WITH THESE PARAMETERS',
      ...outcome.failures.map((each) => `  ${forTerminal(each)}`),
    );
  lines.push('', ...(verdicts ? describeVerdicts(verdicts) : ['VERDICTS: none given (--verdicts)']));
  return `${lines.join('\n')}\n`;
}

function describe({ before, after, why, verdict }: FindingChange): string[] {
  const { uid, technique, entity, window } = (before ?? after)!;
  const times = `${window.from.slice(0, 19)}Z to ${window.to.slice(0, 19)}Z`;
  const said = verdict === null ? '' : `  verdict: ${verdict.replace('_', ' ')}`;
  return [
    `  ${technique} ${forTerminal(entity.name)}  ${times}  ${uid}${said}`,
    `      ${standingOf(before)} → ${standingOf(after)}`,
    ...why.map((each) => `      ${forTerminal(clip(each, 200))}`),
  ];
}

const standingOf = (finding: Finding | null): string =>
  finding === null
    ? 'nothing'
    : finding.status === 'open'
      ? `${finding.score.toFixed(2)} ${finding.severity}, priority ${finding.priority}`
      : `${finding.score.toFixed(2)} ${finding.status}`;

function describeVerdicts({ lost, precision, unmatched }: NonNullable<Backtest['verdicts']>): string[] {
  return [
    lost.length === 0
      ? 'TRUE POSITIVES LOST: none of those with a verdict'
      : `TRUE POSITIVES LOST (${lost.length}): ${lost.map(({ uid }) => uid).join(', ')}`,
    '',
    columns(
      ['VERDICTS, NOW → THEN', 'TRUE', 'FALSE', 'BENIGN', 'UNJUDGED', 'PRECISION', 'EXPECTED'],
      precisionRows(precision),
    ).trimEnd(),
    ...(unmatched.length === 0
      ? []
      : ['', `VERDICTS ON NO FINDING OF THESE LOGS: ${unmatched.map(forTerminal).join(', ')}`]),
  ];
}

/** Strategies, and those of their analytics of which a verdict tells something. */
function precisionRows({ before, after }: { before: Precision[]; after: Precision[] }): string[][] {
  const now = new Map(before.map((each) => [each.of, each]));
  const then = new Map(after.map((each) => [each.of, each]));
  const isJudged = (one: Precision | undefined): boolean =>
    one !== undefined && one.true_positives + one.false_positives + one.benign > 0;
  return [...new Set([...now.keys(), ...then.keys()])]
    .filter((of) => !of.includes('/') || isJudged(now.get(of)) || isJudged(then.get(of)))
    .sort()
    .map((of) => {
      const both = (tell: (one: Precision) => string | number, absent: string): string => {
        const texts = [now.get(of), then.get(of)].map((one) => String(one ? tell(one) : absent));
        return texts[0] === texts[1] ? texts[0]! : texts.join(' → ');
      };
      return [
        of.includes('/') ? `  ${of.slice(of.indexOf('/') + 1)}` : of,
        both((one) => one.true_positives, '0'),
        both((one) => one.false_positives, '0'),
        both((one) => one.benign, '0'),
        both((one) => one.unjudged, '0'),
        both((one) => one.precision?.toFixed(2) ?? 'unknown', 'none open'),
        both((one) => one.expected_precision.toFixed(2), 'none open'),
      ];
    });
}
