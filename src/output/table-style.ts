import type { Severity, StrategyStateName } from '../model/hunt-result.js';
import { clip, forTerminal } from './escape.js';

/** The only escape sequences we print are these. */
export interface Paint {
  heading(text: string): string;
  faint(text: string): string;
  severity(severity: Severity, text: string): string;
  state(state: StrategyStateName, text: string): string;
  warning(text: string): string;
}

/** Words for severities; colour only repeats them. */
export const SEVERITY_WORDS: Record<Severity, string> = {
  critical: 'CRIT',
  high: 'HIGH',
  medium: 'MED',
  low: 'LOW',
  informational: 'INFO',
};

const SEVERITY_CODES: Record<Severity, string> = {
  critical: '1;97;41',
  high: '1;31',
  medium: '1;33',
  low: '36',
  informational: '2',
};

const STATE_CODES: Record<StrategyStateName, string> = {
  fired: '1;31',
  quiet: '32',
  degraded: '33',
  blind: '1;35',
};

/** Colours, or text unchanged. */
export function paint(colour: boolean): Paint {
  const code = (codes: string, text: string) =>
    colour && text !== '' ? `\x1b[${codes}m${text}\x1b[0m` : text;
  return {
    heading: (text) => code('1', text),
    faint: (text) => code('2', text),
    severity: (severity, text) => code(SEVERITY_CODES[severity], text),
    state: (state, text) => code(STATE_CODES[state], text),
    warning: (text) => code('33', text),
  };
}

/** A log-derived string, harmless and not too long. */
export function plain(text: string): string {
  return clip(forTerminal(clip(text)));
}
