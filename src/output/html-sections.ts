import type { HuntResult, StrategyState } from '../model/hunt-result.js';
import { formatProbability, formatTime, formatWindow } from './format.js';
import { severityBadge, stateBadge } from './html-badges.js';
import { cell, el, html, list, type Markup, type Part, row, table } from './html-markup.js';
import { findingsOf } from './summary.js';

const STATE_ORDER: readonly StrategyState['state'][] = ['blind', 'degraded', 'fired', 'quiet'];

/** A titled part of the page that links can lead to. */
export function section(id: string, title: string, body: Part): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>${body}</section>`;
}

/** What could and could not look; those that could not come first. */
export function strategies(result: HuntResult): Markup {
  const sorted = [...result.report.strategies].sort(
    (a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) || (a.id < b.id ? -1 : 1),
  );
  const items = sorted.map(
    (s) => html`<li class="strategy state-${s.state}">
<p>${stateBadge(s.state)} <span class="mono">${s.technique}</span> ${s.title}</p>
${s.reasons.length > 0 && list('ul', s.reasons)}</li>`,
  );
  return section('strategies', 'What each strategy could see', el('ul', { class: 'strategies' }, items));
}

/** What counts as inside, and what else was assumed. */
export function assumptions(result: HuntResult): Markup {
  const title = 'What counts as inside, and what was assumed';
  const nothing = html`<p class="none">Everything was stated; nothing was assumed.</p>`;
  return section(
    'assumptions',
    title,
    result.assumptions.length > 0 ? list('ul', result.assumptions) : nothing,
  );
}

/** Kept, not dropped: each suppressed finding with the allowance that hid it, and the candidates. */
export function notShown(result: HuntResult): Markup {
  const hidden = findingsRows(result, 'suppressed');
  const candidates = findingsRows(result, 'candidate');
  const heads = ['Severity', '#Score', 'Technique', 'Entity', 'When (UTC)', 'Why'];
  const below = html`<details><summary>Candidates below the threshold, not alerts: ${candidates.length}</summary>
${table('Candidates', heads, candidates)}</details>`;
  const nothing = html`<p class="none">Nothing was suppressed.</p>`;
  return section(
    'suppressed',
    'What was suppressed, and by whom',
    html`${hidden.length > 0 ? table('Suppressed findings', [...heads, 'Suppressed by'], hidden) : nothing}
${candidates.length > 0 && below}`,
  );
}

function findingsRows(result: HuntResult, status: 'suppressed' | 'candidate'): Markup[] {
  return findingsOf(result, status).map((f) =>
    row(
      cell(severityBadge(f.severity)),
      cell(formatProbability(f.score), 'num'),
      cell(f.technique),
      cell(f.entity.name),
      cell(formatWindow(f.window)),
      cell(f.why),
      ...(status === 'suppressed' ? [cell(f.suppressed_by ?? 'unknown')] : []),
    ),
  );
}

/** How to read the page, for somebody who sees it for the first time. */
export function method(result: HuntResult): Markup {
  return section(
    'method',
    'How to read this',
    html`<p>A score is <span class="mono">1 − ∏(1 − p)</span> over the counted terms. Each p is the likelihood that a
measurement of that size is not benign. Within a class of evidence hits are not independent, so only the strongest
counts; below 0.20 nothing counts. “Quiet” means a strategy could look and saw nothing; “degraded” and “blind” mean it
could not look fully, or not at all.</p>
<p>All times are UTC. Bytes are decimal (1 MB = 1,000,000 B). Text from logs is shown with control and direction
characters made visible, and cut at 400 characters; <span class="mono">--format json</span> has it whole. This page
loads nothing and runs no script. Made by Stowaway ${result.version}, ${formatTime(result.startedAt)} UTC.</p>`,
  );
}
