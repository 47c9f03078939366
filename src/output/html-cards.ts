import type { HuntResult } from '../model/hunt-result.js';
import { countOf, formatBytes, formatCount } from './format.js';
import { html, type Markup, type Part } from './html-markup.js';
import { bytesSent, findingsOf, SEVERITIES } from './summary.js';

/** The five questions in five numbers. */
export function cards(result: HuntResult): Markup {
  const open = findingsOf(result, 'open');
  const { inputs, strategies, suppressed } = result.report;
  const severities = SEVERITIES.map((s) => ({ s, n: open.filter((f) => f.severity === s).length }))
    .filter(({ n }) => n > 0)
    .map(({ s, n }) => `${n} ${s}`);
  const states = (['blind', 'degraded', 'quiet'] as const)
    .map((state) => ({ state, n: strategies.filter((s) => s.state === state).length }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${n} ${state}`);
  const destinations = new Set(open.flatMap((f) => f.destinations.map((to) => to.domain || to.ip))).size;
  const fired = strategies.filter((s) => s.state === 'fired').length;
  const events = inputs.reduce((sum, input) => sum + input.events, 0);
  const partly = result.report.strategies.filter((strategy) => strategy.reasons.length > 0).length;
  const lost = result.problems.filter((problem) => problem.level === 'error').length;
  const damage = lost > 0 ? `${countOf(lost, 'input')} damaged` : 'no input damaged';
  const kept = suppressed > 0 ? 'kept, with who and why' : 'nothing hidden';
  const counted = html`${fired}<small> of ${strategies.length}</small>`;
  return html`<div class="cards">
${card('#findings', 'Findings', formatCount(open.length), severities.join(', ') || 'none')}
${card('#findings', 'Sent', formatBytes(bytesSent(open)), `to ${countOf(destinations, 'destination')}`)}
${card('#strategies', 'Strategies fired', counted, states.join(', ') || (partly > 0 ? `${countOf(partly, 'strategy', 'strategies')} could look only in part` : 'all could look'))}
${card('#inputs', 'Events read', formatCount(events), `from ${countOf(inputs.length, 'source')}`)}
${card('#problems', 'Lines rejected', formatCount(result.deadLetters.total), damage)}
${card('#suppressed', 'Suppressed', formatCount(suppressed), kept)}
</div>`;
}

function card(target: string, name: string, value: Part, note: string): Markup {
  return html`<a class="card" href="${target}"><span class="name">${name}</span>
<span class="value">${value}</span><span class="note">${note}</span></a>`;
}
