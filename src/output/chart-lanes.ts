import type { EvidenceRow, Finding, FindingDetail } from '../model/hunt-result.js';
import { FRAME, legend, mark, px, type TimeDomain, timeAxis, windowShade } from './chart-frame.js';
import { clip } from './escape.js';
import { countOf, formatClock, formatTime, formatWindow } from './format.js';
import { cell, el, html, type Markup, table, row as tableRow } from './html-markup.js';
import { linearScale, type Scale } from './scale.js';

const LANE = 36;
const RIGHT = FRAME.width - FRAME.right;
const MOST_ROWS = 200;
const LABEL_LENGTH = 18;

interface Lane {
  source: string;
  rows: EvidenceRow[];
}

/** Evidence of all sources on one clock: a sentence, one lane a source, and the rows. */
export function lanesChart(finding: Finding, detail: FindingDetail, domain: TimeDomain): Markup {
  if (detail.evidence.length === 0) {
    return html`<p class="none">No single rows are listed; the evidence query below gives them back.</p>`;
  }
  const lanes = byLane(detail.evidence);
  const sentence = describeLanes(lanes, detail);
  const picture = drawing({ finding, lanes, domain, label: sentence });
  return html`<figure><figcaption>${sentence}</figcaption><div class="picture">${picture}</div>
${legend(detail.evidence.map((row) => row.class))}</figure>
<details><summary>${evidenceSummary(detail)}</summary>${evidenceTable(detail)}</details>`;
}

/** Which source saw how much, and when. */
function describeLanes(lanes: readonly Lane[], detail: FindingDetail): string {
  const counts = lanes.map((lane) => `${countOf(lane.rows.length, 'row')} from ${lane.source}`).join(', ');
  const sorted = inOrder(detail.evidence);
  const span = formatWindow({ from: sorted[0]!.time, to: sorted.at(-1)!.time });
  return `${counts}; ${span} UTC.`;
}

function drawing(what: {
  finding: Finding;
  lanes: readonly Lane[];
  domain: TimeDomain;
  label: string;
}): Markup {
  const x = linearScale(what.domain, [FRAME.left, RIGHT]);
  const frame = { top: 6, bottom: 6 + what.lanes.length * LANE };
  return el(
    'svg',
    { viewBox: `0 0 ${FRAME.width} ${frame.bottom + 30}`, role: 'img', 'aria-label': what.label },
    windowShade(what.finding, x, frame),
    timeAxis(what.domain, x, frame),
    what.lanes.map((lane, i) => drawLane(lane, frame.top + i * LANE, x)),
    el('line', { class: 'axis', x1: FRAME.left, x2: RIGHT, y1: frame.bottom, y2: frame.bottom }),
  );
}

function drawLane(lane: Lane, top: number, x: Scale): Markup {
  const middle = top + LANE / 2;
  const marks = lane.rows.map((row) =>
    mark(row.class, { x: x(Date.parse(row.time)), y: middle }, `${formatClock(row.time)} ${row.text}`),
  );
  const name = el('text', { class: 'lane-name', x: 0, y: px(middle + 4) }, clip(lane.source, LABEL_LENGTH));
  return el(
    'g',
    {},
    el('line', { class: 'lane', x1: FRAME.left, x2: RIGHT, y1: middle, y2: middle }),
    name,
    marks,
  );
}

/** Lanes in the order in which their sources first saw something. */
function byLane(evidence: readonly EvidenceRow[]): Lane[] {
  const lanes = new Map<string, EvidenceRow[]>();
  for (const row of inOrder(evidence.filter((r) => !Number.isNaN(Date.parse(r.time))))) {
    lanes.set(row.source, [...(lanes.get(row.source) ?? []), row]);
  }
  return [...lanes].map(([source, rows]) => ({ source, rows }));
}

function inOrder(rows: readonly EvidenceRow[]): EvidenceRow[] {
  return [...rows].sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || (a.source < b.source ? -1 : 1));
}

function evidenceSummary({ evidence, evidence_total }: FindingDetail): string {
  const listed = Math.min(evidence.length, MOST_ROWS);
  return listed < evidence_total
    ? `${listed} of ${countOf(evidence_total, 'evidence row')}; the query gives back all`
    : `${countOf(listed, 'evidence row')}`;
}

function evidenceTable(detail: FindingDetail): Markup {
  const rows = inOrder(detail.evidence)
    .slice(0, MOST_ROWS)
    .map((row) =>
      tableRow(
        cell(formatTime(row.time), 'mono nowrap'),
        cell(row.source, 'nowrap'),
        cell(row.class, 'nowrap'),
        cell(row.text, 'mono'),
        cell(`${row.file}:${row.line}`, 'mono fine'),
      ),
    );
  return table('Evidence rows', ['Time (UTC)', 'Source', 'Class', 'What it says', 'Where it stands'], rows);
}
