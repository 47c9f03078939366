import type { Finding, Term } from '../model/hunt-result.js';
import { px } from './chart-frame.js';
import { formatMeasured, formatProbability } from './format.js';
import { cell, el, html, type Markup, table } from './html-markup.js';
import { type ScoreStep, scoreEquation, scoreSteps } from './score.js';

/** The score as a table one can redo by hand, above it the same as a stacked bar and as one line. */
export function scoreTable(finding: Finding): Markup {
  const steps = scoreSteps(finding);
  const heads = ['Class', 'What was seen and measured', '#p', '#1 − p', '#Score so far'];
  return html`${stackedBar(steps)}<p class="equation">${scoreEquation(finding)}</p>
${table('Terms of the score', heads, steps.map(stepRow))}`;
}

function stepRow(step: ScoreStep): Markup {
  const { term, remaining, scoreSoFar, leftOut } = step;
  const isOut = remaining === null;
  const swatch = el('span', { class: `swatch ${term.class}`, 'aria-hidden': 'true' });
  const analytic = el('span', { class: 'fine mono analytic' }, term.analytic);
  return el(
    'tr',
    isOut ? { class: 'left-out' } : {},
    cell(html`${swatch}${term.class}`, 'kind'),
    cell(html`${term.says} ${analytic}${measured(term)}`, 'said'),
    cell(html`${formatProbability(term.likelihood)}${likelihoodBar(term)}`, 'num'),
    cell(isOut ? '—' : formatProbability(remaining), 'num'),
    cell(
      isOut ? html`<span class="fine">not counted: ${leftOut}</span>` : formatProbability(scoreSoFar),
      'num',
    ),
  );
}

function measured(term: Term): Markup {
  const items = Object.entries(term.measured).map(
    ([name, value]) => html`<div><dt>${nameOf(name)}</dt><dd>${formatMeasured(name, value)}</dd></div>`,
  );
  return items.length === 0 ? html`` : el('dl', { class: 'measured' }, items);
}

/** The unit stands at the value, so a name that ends in one drops it. */
function nameOf(name: string): string {
  return name.replace(/_(bytes|seconds)$/, '').replace(/_/g, ' ');
}

function likelihoodBar(term: Term): Markup {
  const fill = el('rect', { class: `fill ${term.class}`, width: px(percent(term.likelihood)), height: 6 });
  return shareBar('likelihood', 6, [fill]);
}

/** A bar of a hundred parts as wide as its place. */
export function shareBar(kind: string, height: number, parts: readonly Markup[]): Markup {
  const size = { viewBox: `0 0 100 ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' };
  return el('svg', { class: kind, ...size }, el('rect', { class: 'rail', width: 100, height }), parts);
}

/** Each counted term takes its share of the doubt that was left. */
function stackedBar(steps: readonly ScoreStep[]): Markup {
  let from = 0;
  const parts = steps
    .filter((step) => step.remaining !== null)
    .map(({ term, scoreSoFar }) => {
      const x = percent(from);
      const width = Math.max(0, percent(scoreSoFar) - x);
      from = scoreSoFar;
      const title = `${term.class} ${term.analytic}: to ${formatProbability(scoreSoFar)}`;
      const place = { x: px(x), width: px(width), height: 10 };
      return el('rect', { class: `fill ${term.class}`, ...place }, el('title', {}, title));
    });
  return shareBar('stacked', 10, parts);
}

function percent(share: number): number {
  return Math.min(100, Math.max(0, share * 100));
}
