import type { EvidenceRow, Finding, FindingDetail, SeriesPoint } from '../model/hunt-result.js';
import { FRAME, mark, px, type TimeDomain, timeAxis, windowShade } from './chart-frame.js';
import { describeSeries } from './describe-series.js';
import { formatBytes, formatClock, formatTime } from './format.js';
import { cell, el, html, type Markup, row, table } from './html-markup.js';
import { linearScale, niceTicks, type Scale } from './scale.js';

const TOP = 38;
const BOTTOM = 224;
const RIGHT = FRAME.width - FRAME.right;
const MOST_BARS = 800;
const MOST_ROWS = 240;

/** Bytes out per bucket against the usual range: a sentence, the picture, and the numbers behind it. */
export function bytesChart(finding: Finding, detail: FindingDetail, domain: TimeDomain): Markup {
  if (detail.series.length === 0) {
    return html`<p class="none">No byte counts per time were recorded for this finding.</p>`;
  }
  return html`<figure><figcaption>${describeSeries(detail)}</figcaption>
<div class="picture">${drawing(finding, detail, domain)}</div></figure>
<details class="numbers"><summary>The numbers of this picture</summary>${numbers(detail)}</details>`;
}

function drawing(finding: Finding, detail: FindingDetail, domain: TimeDomain): Markup {
  const bars = thin(detail.series);
  const upper = detail.baseline?.upper ?? 0;
  const seconds = detail.bucket_seconds * (detail.series.length / bars.length);
  const ticks = niceTicks(Math.max(upper, ...bars.map((point) => point.bytes_out)));
  const x = linearScale(domain, [FRAME.left, RIGHT]);
  const y = linearScale([0, ticks.at(-1) ?? 1], [BOTTOM, TOP]);
  const frame = { top: TOP, bottom: BOTTOM };
  return el(
    'svg',
    { viewBox: `0 0 ${FRAME.width} ${BOTTOM + 30}`, role: 'img', 'aria-label': describeSeries(detail) },
    windowShade(finding, x, frame),
    timeAxis(domain, x, frame),
    byteAxis(ticks, y),
    bars.map((point) => bar(point, { x, y, upper, seconds })),
    usualBand(detail, y),
    contextMarks(detail.evidence, x, domain),
  );
}

function byteAxis(ticks: readonly number[], y: Scale): Markup {
  const lines = ticks.map((tick) => {
    const at = px(y(tick));
    const label = { class: 'tick', 'text-anchor': 'end', x: FRAME.left - 10, y: px(y(tick) + 4) };
    return html`${el('line', { class: tick === 0 ? 'axis' : 'grid', x1: FRAME.left, x2: RIGHT, y1: at, y2: at })}
${el('text', label, formatBytes(tick))}`;
  });
  return el('g', {}, lines);
}

function bar(
  point: SeriesPoint,
  { x, y, upper, seconds }: { x: Scale; y: Scale; upper: number; seconds: number },
): Markup {
  const from = Date.parse(point.time);
  const height = y(0) - y(point.bytes_out);
  if (!(height > 0.2)) return html``;
  const width = Math.max(0.8, x(from + seconds * 1000) - x(from) - 1);
  const size = { x: px(x(from)), y: px(y(point.bytes_out)), width: px(width), height: px(height) };
  const title = `${formatTime(point.time)} ${formatBytes(point.bytes_out)}`;
  return el(
    'rect',
    { class: point.bytes_out > upper ? 'bar above' : 'bar', ...size },
    el('title', {}, title),
  );
}

/** From nothing to the upper end, with the median dashed; never thinner than can be seen. */
function usualBand({ baseline }: FindingDetail, y: Scale): Markup {
  if (baseline === null) return html``;
  const height = Math.max(3, y(0) - y(baseline.upper));
  const top = y(0) - height;
  const median = px(y(baseline.median));
  const label = `usual: up to ${formatBytes(baseline.upper)}`;
  const size = { x: FRAME.left, y: px(top), width: RIGHT - FRAME.left, height: px(height) };
  return el(
    'g',
    {},
    el('rect', { class: 'band', ...size }),
    el('line', { class: 'median', x1: FRAME.left, x2: RIGHT, y1: median, y2: median }),
    el('text', { class: 'note', x: FRAME.left + 6, y: px(top - 6) }, label),
  );
}

/** Processes started and orchestration calls, above the bars: what somebody did while the bytes left. */
function contextMarks(evidence: readonly EvidenceRow[], x: Scale, domain: TimeDomain): Markup {
  const marks = evidence
    .filter((row) => row.class === 'process' || row.class === 'orchestration')
    .filter((row) => Date.parse(row.time) >= domain[0] && Date.parse(row.time) <= domain[1])
    .map((row) => {
      const at = x(Date.parse(row.time));
      const lead = { class: `lead ${row.class}`, x1: px(at), x2: px(at), y1: 21, y2: BOTTOM };
      return html`${el('line', lead)}${mark(row.class, { x: at, y: 13 }, `${formatClock(row.time)} ${row.text}`)}`;
    });
  const label = { class: 'tick', 'text-anchor': 'end', x: FRAME.left - 10, y: 16 };
  return el('g', {}, marks, marks.length > 0 && el('text', label, 'done meanwhile'));
}

/** At most `MOST_BARS`: neighbours share a bar, which shows the larger. */
function thin(series: readonly SeriesPoint[]): SeriesPoint[] {
  const group = Math.ceil(series.length / MOST_BARS);
  if (group <= 1) return [...series];
  return Array.from({ length: Math.ceil(series.length / group) }, (_, i) => {
    const part = series.slice(i * group, (i + 1) * group);
    return { time: part[0]!.time, bytes_out: Math.max(...part.map((point) => point.bytes_out)) };
  });
}

/** The largest buckets in the order of time; all of them when they are few. */
function numbers({ series, baseline }: FindingDetail): Markup {
  const least = [...series].sort((a, b) => b.bytes_out - a.bytes_out)[MOST_ROWS - 1]?.bytes_out ?? 0;
  const shown = series.filter((point) => point.bytes_out >= least).slice(0, MOST_ROWS);
  const rows = shown.map((point) =>
    row(
      cell(formatTime(point.time), 'mono'),
      cell(formatBytes(point.bytes_out), 'num'),
      cell(baseline === null ? 'not known' : point.bytes_out > baseline.upper ? 'above usual' : 'usual'),
    ),
  );
  const rest = series.length - shown.length;
  const heads = ['Bucket starts (UTC)', '#Bytes out', 'Against the usual range'];
  return html`<div class="dense">${table('Bytes out per bucket', heads, rows)}</div>
${rest > 0 && html`<p class="fine">The ${rest} smallest buckets are left out.</p>`}`;
}
