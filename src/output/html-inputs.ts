import type { HuntResult, InputSummary } from '../model/hunt-result.js';
import { px } from './chart-frame.js';
import { countOf, formatBytes, formatCount, formatDuration, formatWindow } from './format.js';
import { cell, el, html, type Markup, row, table } from './html-markup.js';
import { shareBar } from './html-score.js';
import { section } from './html-sections.js';
import { linearScale } from './scale.js';

const MOST_BEACONS = 20;

/** What was read, one row a source, each with its place in the whole span. */
export function inputs(result: HuntResult): Markup {
  const spans = result.report.inputs.flatMap((i) =>
    i.from && i.to ? [Date.parse(i.from), Date.parse(i.to)] : [],
  );
  const domain: [number, number] = [Math.min(...spans), Math.max(...spans)];
  const rows = result.report.inputs.map((input) =>
    row(
      cell(input.source, 'mono'),
      cell(formatCount(input.files), 'num'),
      cell(formatCount(input.events), 'num'),
      cell(formatCount(input.rejected), 'num'),
      cell(formatCount(input.duplicates), 'num'),
      cell(spanOf(input, domain)),
    ),
  );
  const heads = ['Source', '#Files', '#Events', '#Rejected', '#Duplicates', 'Span (UTC)'];
  const nothing = html`<p class="none">No log was recognised.</p>`;
  return section('inputs', 'What was read', rows.length > 0 ? table('Inputs', heads, rows) : nothing);
}

function spanOf(input: InputSummary, domain: [number, number]): Markup {
  if (!input.from || !input.to) return html`—`;
  const x = linearScale(domain, [0, 100]);
  const from = x(Date.parse(input.from));
  const width = Math.max(1, x(Date.parse(input.to)) - from);
  const fill = el('rect', { class: 'fill traffic', x: px(Math.min(99, from)), width: px(width), height: 6 });
  return html`${formatWindow({ from: input.from, to: input.to })}${shareBar('likelihood', 6, [fill])}`;
}

/** Damaged or unrecognised input with advice, and the lines that were rejected. */
export function problems(result: HuntResult): Markup {
  const order = ['error', 'unread', 'note'];
  const worstFirst = [...result.problems].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  const items = worstFirst.map((problem) =>
    row(
      cell(problem.level === 'error' ? html`<strong>data lost</strong>` : 'left out'),
      cell(problem.where, 'mono'),
      cell(problem.what),
      cell(problem.advice),
    ),
  );
  const nothing = html`<p class="none">Every input was read to its end.</p>`;
  return section(
    'problems',
    'What could not be read',
    html`${items.length > 0 ? table('Problems', ['Kind', 'Where', 'What', 'Advice'], items) : nothing}
${rejectedLines(result)}`,
  );
}

function rejectedLines({ deadLetters: { total, sample } }: HuntResult): Markup {
  if (total === 0) return html``;
  const rows = sample.map((letter) =>
    row(cell(`${letter.file}:${letter.line}`, 'mono'), cell(letter.source), cell(letter.reason)),
  );
  return html`<h3 class="minor">${countOf(total, 'rejected line')}</h3>
${table('Rejected lines', ['Where', 'Source', 'Reason'], rows)}
${total > sample.length && html`<p class="fine">and ${formatCount(total - sample.length)} more.</p>`}`;
}

/** Sensors whose clocks were aligned, with the error that remains. */
export function clocks(result: HuntResult): Markup {
  if (result.clocks.length === 0) return html``;
  const rows = result.clocks.map((clock) =>
    row(
      cell(clock.source, 'mono'),
      cell(formatDuration(clock.offset_seconds), 'num'),
      cell(`± ${formatDuration(clock.error_seconds)}`, 'num'),
      cell(formatCount(clock.matches), 'num'),
    ),
  );
  const heads = ['Source', '#Moved by', '#Error', '#Matches'];
  return section('clocks', 'Clocks that were aligned', table('Clocks', heads, rows));
}

/** Regular contacts. Regular is not bad: what downloads more than it sends is marked. */
export function beacons(result: HuntResult): Markup {
  if (result.beacons.length === 0) return html``;
  const rows = result.beacons
    .slice(0, MOST_BEACONS)
    .map((beacon) =>
      row(
        cell(beacon.entity),
        cell(beacon.destination, 'mono'),
        cell(formatCount(beacon.count), 'num'),
        cell(formatDuration(beacon.median_interval_seconds), 'num'),
        cell(beacon.timestamp_score.toFixed(2), 'num'),
        cell(beacon.data_size_score.toFixed(2), 'num'),
        cell(formatBytes(beacon.bytes_out), 'num'),
        cell(formatBytes(beacon.bytes_in), 'num'),
        cell(beacon.bytes_out < beacon.bytes_in ? 'not an upload' : 'upload'),
      ),
    );
  const heads = [
    'Entity',
    'To',
    '#Times',
    '#Every',
    '#Time score',
    '#Size score',
    '#Out',
    '#In',
    'Direction',
  ];
  const rest = result.beacons.length - rows.length;
  return section(
    'beacons',
    'Periodic contacts',
    html`<p class="fine">How regular in time and in size, 0 to 1. Shown for context, never an alert by itself.</p>
${table('Periodic contacts', heads, rows)}${rest > 0 && html`<p class="fine">and ${rest} more.</p>`}`,
  );
}
