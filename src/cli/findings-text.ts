import type { FindingPage } from '../model/live.js';
import type { Precision } from '../model/precision.js';
import {
  countOf,
  formatBytes,
  formatMeasured,
  formatProbability,
  formatTime,
  formatWindow,
} from '../output/format.js';
import { findingSteps } from '../output/next-steps.js';
import { scoreEquation, scoreSteps } from '../output/score.js';
import { describeAttribution, describeDestination } from '../output/summary.js';
import { plain, SEVERITY_WORDS } from '../output/table-style.js';
import { hanging, layoutTable } from '../output/text-layout.js';
import { columns } from './columns.js';
import type { Whole } from './findings.js';

const WIDTH = 118;
const LISTED_EVIDENCE = 40;

/** One line a finding. Everything comes from logs, and is made harmless for a terminal. */
export function describeFindings({ findings, total }: FindingPage): string {
  if (total === 0) return 'no findings\n';
  const columns = [
    { title: 'UID', width: 16 },
    { title: 'SEV', width: 5 },
    { title: 'SCORE', width: 6 },
    { title: 'STRATEGY', width: 10 },
    { title: 'ENTITY', width: 22 },
    { title: 'LAST', width: 20 },
    { title: 'WHY', width: 60 },
  ];
  const rows = findings.map(({ uid, finding }) => [
    plain(uid),
    SEVERITY_WORDS[finding.severity],
    formatProbability(finding.score),
    finding.technique,
    plain(finding.entity.name),
    formatTime(finding.window.to),
    plain(finding.why) +
      (finding.status === 'suppressed' ? ` (suppressed: ${plain(finding.suppressed_by ?? '')})` : ''),
  ]);
  const rest = total - findings.length;
  return `${[
    ...layoutTable(rows, columns),
    ...(rest > 0 ? [`and ${countOf(rest, 'more finding')}: --limit`] : []),
    '',
    '`stowaway findings show UID` explains one',
  ].join('\n')}\n`;
}

/** Why, term by term; where it went; the evidence; what became of it; what to do next. */
export function describeFinding({ kept, detail, events }: Whole): string {
  const { finding } = kept;
  const line = (label: string, text: string) => hanging(`  ${label.padEnd(9)} `, plain(text), WIDTH);
  const state = [
    kept.state,
    ...(finding.status === 'suppressed' ? [`suppressed by ${finding.suppressed_by}`] : []),
    ...(kept.verdict ? [`verdict ${kept.verdict}`] : []),
    ...(kept.assignee ? [`assigned to ${kept.assignee}`] : []),
  ].join(', ');
  return `${[
    plain(
      `${SEVERITY_WORDS[finding.severity]} ${formatProbability(finding.score)}  ${finding.technique} ${finding.title}: ${finding.entity.name}`,
    ),
    ...line('why', finding.why),
    ...line('state', state),
    ...line('window', `${formatWindow(finding.window)} UTC`),
    ...line(
      'named',
      [
        `by ${describeAttribution(finding)}`,
        finding.entity.ip,
        finding.entity.image,
        finding.entity.container_uid?.slice(0, 12),
      ]
        .filter(Boolean)
        .join(' · '),
    ),
    ...line(
      'to',
      finding.destinations
        .map((to) => `${describeDestination(to)} ${formatBytes(to.bytes_out)}`)
        .join('; ') || 'no destination known',
    ),
    ...line('incident', `${finding.incident}, priority ${finding.priority}`),
    '',
    'SCORE',
    ...scoreSteps(finding).flatMap(({ term, leftOut, scoreSoFar }) => [
      ...line(
        formatProbability(term.likelihood),
        `${term.class} ${term.analytic}: ${term.says}${leftOut === '' ? `, so far ${formatProbability(scoreSoFar)}` : ` (${leftOut})`}`,
      ),
      ...line(
        '',
        Object.entries(term.measured)
          .map(([name, value]) => `${name} ${formatMeasured(name, value)}`)
          .join(', '),
      ),
    ]),
    ...line('in all', scoreEquation(finding)),
    '',
    ...evidence(detail),
    'WHAT BECAME OF IT',
    ...events.flatMap(({ at, what, who, why }) => line(formatTime(at), `${what} by ${who}: ${why}`)),
    '',
    'NEXT',
    ...findingSteps(finding).flatMap((step) => hanging('  ', plain(step), WIDTH)),
    ...commands(kept.uid),
  ].join('\n')}\n`;
}

function evidence(detail: Whole['detail']): string[] {
  if (detail === null || detail.evidence.length === 0) return [];
  const shown = detail.evidence.slice(0, LISTED_EVIDENCE);
  const rest = detail.evidence_total - shown.length;
  return [
    `EVIDENCE (${countOf(detail.evidence_total, 'row')})`,
    ...shown.flatMap(({ time, source, text }) =>
      hanging(`  ${time.slice(11, 23)} ${source.padEnd(18)} `, plain(text), WIDTH),
    ),
    ...(rest > 0 ? [`  and ${countOf(rest, 'more row')}`] : []),
    '',
  ];
}

/** Commands hold the uid alone: nothing that came out of a log. */
const commands = (uid: string): string[] => {
  const id = /^[0-9a-f]{16}$/.test(uid) ? uid : 'UID';
  return [
    '',
    '  stowaway findings export -o findings.json',
    `  stowaway respond plan ${id} --findings findings.json`,
    `  stowaway findings close ${id} --verdict true_positive|false_positive|benign --reason TEXT`,
  ];
};

/** A strategy, then its analytics; shares with the ends of their interval. */
export function describePrecision(all: readonly Precision[]): string {
  const rows = all.map(({ of, precision, interval, ...counts }) => [
    of.includes('/') ? `  ${of.split('/').at(-1)}` : of,
    precision === null ? 'none judged' : precision.toFixed(2),
    interval === null ? '' : interval.map((end) => end.toFixed(2)).join('–'),
    String(counts.true_positives),
    String(counts.false_positives),
    String(counts.benign),
    String(counts.unjudged),
  ]);
  return columns(['OF', 'PRECISION', '95 % (WILSON)', 'TRUE', 'FALSE', 'BENIGN', 'NOT JUDGED'], rows);
}
