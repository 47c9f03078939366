import type { Severity, StrategyStateName } from '../model/hunt-result.js';
import { html, type Markup } from './html-markup.js';

/** Severity and state are said three times: by word, by shape and by colour. */

const SEVERITY_SHAPES: Record<Severity, string> = {
  critical: 'M5 1H11L15 5V11L11 15H5L1 11V5Z',
  high: 'M8 1.5L15 14H1Z',
  medium: 'M8 1L15 8L8 15L1 8Z',
  low: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z',
  informational: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0ZM5 8a3 3 0 1 1 6 0a3 3 0 1 1 -6 0Z',
};

const STATE_SHAPES: Record<StrategyStateName, string> = {
  fired: 'M8 1.5L15 14H1Z',
  quiet: 'M2 8.5L6 12.5L14 4.5L12 2.8L6 8.9L3.8 6.7Z',
  degraded: 'M2 8a6 6 0 1 0 12 0H8V2a6 6 0 0 0 -6 6Z',
  blind: 'M2.5 1L15 13.5L13.5 15L1 2.5ZM13.5 1L15 2.5L2.5 15L1 13.5Z',
};

export function severityBadge(severity: Severity): Markup {
  return html`<span class="badge solid sev-${severity}">${shape(SEVERITY_SHAPES[severity])}${severity}</span>`;
}

export function stateBadge(state: StrategyStateName): Markup {
  return html`<span class="badge state-${state}">${shape(STATE_SHAPES[state])}${state}</span>`;
}

function shape(path: string): Markup {
  return html`<svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true"><path d="${path}"/></svg>`;
}
