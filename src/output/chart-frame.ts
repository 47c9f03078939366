import type { EvidenceClass, Finding, FindingDetail } from '../model/hunt-result.js';
import { formatDay } from './format.js';
import { el, html, type Markup } from './html-markup.js';
import { type Scale, timeTicks } from './scale.js';
import { EVIDENCE_SHAPES } from './shapes.js';

/** Both pictures of a finding share width and margins, so that their clocks stand above each other. */
export const FRAME = { width: 960, left: 150, right: 24 };

export type TimeDomain = [number, number];

const EVIDENCE_TO_SERIES = 4;

/**
 * The clocks of the two pictures. One clock when the series is not much longer than the evidence; else each its
 * own, because a day's buckets would squeeze a minute's evidence into one dot.
 */
export function timeDomains(
  finding: Finding,
  detail: FindingDetail,
): { series: TimeDomain; evidence: TimeDomain } {
  const window = times([finding.window.from, finding.window.to]);
  const buckets = times(detail.series.map((point) => point.time));
  const ends = buckets.map((at) => at + detail.bucket_seconds * 1000);
  const evidence = padded(extent([...window, ...times(detail.evidence.map((row) => row.time))]));
  const series = extent([...window, ...buckets, ...ends]);
  if (series[1] - series[0] > EVIDENCE_TO_SERIES * (evidence[1] - evidence[0])) return { series, evidence };
  const both = extent([...series, ...evidence]);
  return { series: both, evidence: both };
}

/** Ticks and labels below a picture, with the day and the zone at the left. */
export function timeAxis(domain: TimeDomain, x: Scale, y: { top: number; bottom: number }): Markup {
  const labels = y.bottom + 20;
  const ticks = timeTicks(domain).map(({ at, label }) => {
    const here = x(at);
    // The first label keeps clear of the date, which stands left of the picture.
    const anchor = here - FRAME.left < 20 ? 'start' : 'middle';
    return html`${el('line', { class: 'grid', x1: px(here), x2: px(here), y1: y.top, y2: y.bottom })}
${el('text', { class: 'tick', 'text-anchor': anchor, x: px(here), y: labels }, label)}`;
  });
  const day = formatDay(new Date(domain[0]).toISOString());
  return el('g', {}, ticks, el('text', { class: 'tick', x: 0, y: labels }, `${day} UTC`));
}

/** The finding's window as a shaded stretch. */
export function windowShade(finding: Finding, x: Scale, y: { top: number; bottom: number }): Markup {
  const [from, to] = extent(times([finding.window.from, finding.window.to]));
  const width = px(Math.max(2, x(to) - x(from)));
  return el('rect', { class: 'window', x: px(x(from)), y: y.top, width, height: y.bottom - y.top });
}

/** A mark of evidence; `title` is what a pointer that rests on it is shown. */
export function mark(kind: EvidenceClass, at: { x: number; y: number }, title?: string): Markup {
  const place = { d: EVIDENCE_SHAPES[kind], transform: `translate(${px(at.x)} ${px(at.y)})` };
  return el('path', { class: `mark ${kind}`, ...place }, title !== undefined && el('title', {}, title));
}

/** The marks that occur, with their names. */
export function legend(kinds: readonly EvidenceClass[]): Markup {
  const size = { width: 16, height: 16, viewBox: '-8 -8 16 16', 'aria-hidden': 'true' };
  const items = [...new Set(kinds)]
    .sort()
    .map((kind) => el('li', {}, el('svg', size, mark(kind, { x: 0, y: 0 })), ` ${kind}`));
  return el('ul', { class: 'legend' }, items);
}

/** Coordinates with one decimal: enough for a screen, small in the file. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function times(list: readonly string[]): number[] {
  return list.map((time) => Date.parse(time)).filter((time) => Number.isFinite(time));
}

function extent(values: readonly number[]): TimeDomain {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  return from <= to ? [from, to] : [0, 0];
}

function padded([from, to]: TimeDomain): TimeDomain {
  const room = Math.max(1000, (to - from) * 0.04);
  return [from - room, to + room];
}
