import type { Severity, StrategyStateName } from '../model/hunt-result.js';
import { html, type Markup } from './html-markup.js';
import { SEVERITY_SHAPES, STATE_SHAPES } from './shapes.js';

/** Severity and state are said three times: by word, by shape and by colour. */

export function severityBadge(severity: Severity): Markup {
  return html`<span class="badge solid sev-${severity}">${shape(SEVERITY_SHAPES[severity])}${severity}</span>`;
}

export function stateBadge(state: StrategyStateName): Markup {
  return html`<span class="badge state-${state}">${shape(STATE_SHAPES[state])}${state}</span>`;
}

function shape(path: string): Markup {
  return html`<svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true"><path d="${path}"/></svg>`;
}
