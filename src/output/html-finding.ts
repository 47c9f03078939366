import type { Finding, FindingDetail, HuntResult } from '../model/hunt-result.js';
import { bytesChart } from './chart-bytes.js';
import { timeDomains } from './chart-frame.js';
import { lanesChart } from './chart-lanes.js';
import { formatBytes, formatProbability, formatWindow } from './format.js';
import { severityBadge } from './html-badges.js';
import { cell, html, list, longText, type Markup, row, table } from './html-markup.js';
import { scoreTable } from './html-score.js';
import { findingSteps } from './next-steps.js';
import { describeAttribution } from './summary.js';

const QUERY_LIMIT = 4000;
const MOST_DESTINATIONS = 25;

/** One finding as an article: why, how the score comes about, the pictures, who and whereto, and what to do. */
export function findingArticle(finding: Finding, result: HuntResult, anchor: string): Markup {
  const detail = result.details.find((candidate) => candidate.uid === finding.uid) ?? noDetail(finding);
  const domains = timeDomains(finding, detail);
  return html`<article id="${anchor}" class="finding sev-${finding.severity}" aria-labelledby="${anchor}-title">
${articleHead(finding, anchor)}
<p class="why">${finding.why}</p>
${facts(finding)}
<section><h4>How the score comes about</h4>${scoreTable(finding)}</section>
<section><h4>Bytes out, against what is usual</h4>${bytesChart(finding, detail, domains.series)}</section>
<section><h4>Evidence on one clock</h4>${lanesChart(finding, detail, domains.evidence)}</section>
<section><h4>Where it went</h4>${destinations(finding)}</section>
<section><h4>What to do</h4>${list('ol', findingSteps(finding))}</section>
<details><summary>The query that gives back every row behind this finding</summary>
<pre tabindex="0">${longText(finding.evidence_query, QUERY_LIMIT)}</pre></details>
</article>`;
}

function articleHead(finding: Finding, anchor: string): Markup {
  return html`<header><div>
<p class="kicker">${severityBadge(finding.severity)} <span>${finding.technique}</span> <span>${finding.title}</span></p>
<h3 id="${anchor}-title">${finding.entity.name}</h3></div>
<p class="score"><span class="value">${formatProbability(finding.score)}</span>
<span class="unit">score</span></p></header>`;
}

function facts(finding: Finding): Markup {
  const { entity } = finding;
  const entries: [string, string | null][] = [
    ['When (UTC)', formatWindow(finding.window)],
    [`Named by`, describeAttribution(finding)],
    ['Kind', entity.kind],
    ['Address', entity.ip],
    ['Image', entity.image],
    ['Container', entity.container_uid?.slice(0, 12) ?? null],
    ['Priority', finding.priority],
    ['Finding', finding.uid],
    ['Incident', finding.incident],
  ];
  const items = entries
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<dl class="facts">${items}</dl>`;
}

function destinations(finding: Finding): Markup {
  const sorted = [...finding.destinations].sort((a, b) => b.bytes_out - a.bytes_out);
  if (sorted.length === 0) return html`<p class="none">No destination is known.</p>`;
  const noName = html`<span class="fine">no name seen</span>`;
  const rows = sorted
    .slice(0, MOST_DESTINATIONS)
    .map((to) =>
      row(
        cell(to.domain === '' ? noName : to.domain, 'mono'),
        cell(to.ip, 'mono'),
        cell(to.port, 'num'),
        cell(formatBytes(to.bytes_out), 'num'),
      ),
    );
  const rest = sorted.length - rows.length;
  return html`${table('Destinations', ['Name', 'Address', '#Port', '#Bytes out'], rows)}
${rest > 0 && html`<p class="fine">${rest} smaller destinations are left out.</p>`}`;
}

function noDetail(finding: Finding): FindingDetail {
  return { uid: finding.uid, bucket_seconds: 0, series: [], baseline: null, evidence: [], evidence_total: 0 };
}
