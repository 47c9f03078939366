import type { Finding, HuntResult } from '../model/hunt-result.js';
import { formatClock, formatDay, formatDuration, formatProbability, formatTime } from './format.js';
import { severityBadge } from './html-badges.js';
import { cards } from './html-cards.js';
import { findingArticle } from './html-finding.js';
import { beacons, clocks, inputs, problems } from './html-inputs.js';
import { cell, html, list, type Markup, row, table } from './html-markup.js';
import { assumptions, method, notShown, section, strategies } from './html-sections.js';
import { STYLE } from './html-style.js';
import { huntSteps } from './next-steps.js';
import { findingsOf, headline, impaired } from './summary.js';

/** No script, no request, no base, no form: what a log says cannot act, even if an escape were missed. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** One offline page with everything of a hunt. It runs no script and loads nothing. Ends with a newline. */
export function renderHtml(result: HuntResult): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>Stowaway: ${headline(result)}</title><style>${STYLE}</style></head>
<body><a class="skip" href="#findings">To the findings</a>${masthead(result)}${main(result)}</body></html>
`;
  return page.text;
}

function main(result: HuntResult): Markup {
  const open = findingsOf(result, 'open').map((finding, i) => ({ finding, anchor: `finding-${i + 1}` }));
  // The page is the report that the last step of a hunt recommends.
  const steps = huntSteps(result, { all: true }).filter((step) => !step.includes('-o html='));
  return html`<main><h1>${headline(result)}</h1>${cautions(result, open.length)}${cards(result)}
${section('findings', 'What was found', open.length === 0 ? nothing(result) : index(open))}
${open.map(({ finding, anchor }) => findingArticle(finding, result, anchor))}
${strategies(result)}${notShown(result)}${inputs(result)}${assumptions(result)}
${problems(result)}${clocks(result)}${beacons(result)}
${section('next', 'What to do next', list('ol', steps))}${method(result)}</main>`;
}

function masthead(result: HuntResult): Markup {
  const run = `${formatTime(result.startedAt)} UTC · ${formatDuration(result.elapsedSeconds)}`;
  return html`<header class="masthead">
<p class="brand"><svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
<path class="logo-box" d="M3 8H29V26H3Z"/><path class="logo-ribs" d="M9 8V26M23 8V26"/>
<circle class="logo-eye" cx="16" cy="17" r="3.4"/></svg> Stowaway <span>hunt report</span></p>
<p class="run">${result.paths.join(' ')}<br>${run}</p></header>`;
}

/** What limits everything below: said before it. */
function cautions(result: HuntResult, open: number): Markup {
  const unseen = impaired(result);
  const names = unseen.map((s) => `${s.technique} (${s.state})`).join(', ');
  const little = open === 0 ? ', so finding nothing says little there' : '';
  const partial = html`<p class="caution"><strong>Partial.</strong> The hunt stopped before the end; this is what was
found so far.</p>`;
  const blind = html`<p class="caution"><strong>Not everything could be seen.</strong> ${names} could not look
fully${little}. <a href="#strategies">Why</a></p>`;
  return html`${result.partial && partial}${unseen.length > 0 && blind}`;
}

function nothing(result: HuntResult): Markup {
  return impaired(result).length === 0
    ? html`<p class="none">Nothing, and every strategy could look.</p>`
    : html`<p class="none">Nothing by the strategies that could look.</p>`;
}

/** All findings in view at once, each a link to its article. */
function index(open: readonly { finding: Finding; anchor: string }[]): Markup {
  const rows = open.map(({ finding, anchor }) =>
    row(
      cell(severityBadge(finding.severity)),
      cell(formatProbability(finding.score), 'num'),
      cell(html`<a href="#${anchor}">${finding.entity.name}</a><br>
<span class="fine">${finding.technique} ${finding.title}</span>`),
      cell(html`${formatDay(finding.window.from)}<br>${formatClock(finding.window.from)}`, 'mono nowrap'),
      cell(finding.why),
    ),
  );
  return table('Findings', ['Severity', '#Score', 'Entity', 'Starts (UTC)', 'Why'], rows);
}
