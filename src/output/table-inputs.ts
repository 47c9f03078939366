import type { HuntResult, InputSummary, StrategyState } from '../model/hunt-result.js';
import { formatCount, formatWindow } from './format.js';
import type { Section, TableContext } from './table.js';
import { plain } from './table-style.js';
import { displayWidth, hanging, layoutTable, wrap } from './text-layout.js';

/** Question one: what was read, per source. */
export function readSection(result: HuntResult, { paint, width }: TableContext): Section {
  const rows = result.report.inputs.map((input) => [
    plain(input.source),
    formatCount(input.files),
    formatCount(input.events),
    formatCount(input.rejected),
    formatCount(input.duplicates),
    span(input),
  ]);
  const columns = [
    { title: 'SOURCE', width: Math.min(30, width - 40) },
    { title: 'FILES', width: 8, align: 'right' as const },
    { title: 'EVENTS', width: 14, align: 'right' as const },
    { title: 'REJECTED', width: 10, align: 'right' as const },
    { title: 'DUPLICATES', width: 12, align: 'right' as const },
    { title: 'SPAN (UTC)', width: 42 },
  ];
  const lines = rows.length === 0 ? ['nothing: no log was recognised'] : layoutTable(rows, columns);
  return { title: 'WHAT WAS READ', lines: lines.map((line, i) => `  ${i === 0 ? paint.faint(line) : line}`) };
}

/** Question two: what counts as inside, and what else was assumed. */
export function insideSection(result: HuntResult, { width }: TableContext): Section {
  const lines = result.assumptions.flatMap((text) => hanging('  - ', plain(text), width));
  return {
    title: 'WHAT COUNTS AS INSIDE, AND WHAT WAS ASSUMED',
    lines: lines.length > 0 ? lines : ['  everything was stated in the configuration; nothing was assumed'],
  };
}

/** Question four: what was quiet, degraded or blind, and why. */
export function strategiesSection(result: HuntResult, context: TableContext): Section {
  const order: StrategyState['state'][] = ['blind', 'degraded', 'quiet', 'fired'];
  const states = [...result.report.strategies].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.id < b.id ? -1 : 1),
  );
  return {
    title: 'WHAT COULD NOT BE SEEN, AND WHAT WAS QUIET',
    lines: states.flatMap((state) => stateLines(state, context)),
  };
}

function stateLines(state: StrategyState, { paint, width }: TableContext): string[] {
  const word = paint.state(state.state, state.state.toUpperCase().padEnd(8));
  const name = plain(`${state.technique} ${state.title}`);
  const lines = wrap(name, width - 11).map((line, i) => `  ${i === 0 ? word : ' '.repeat(8)} ${line}`);
  return [
    ...lines,
    ...state.reasons.flatMap((reason) => hanging(`${' '.repeat(11)}- `, plain(reason), width)),
  ];
}

function span(input: InputSummary): string {
  if (input.from === null || input.to === null) return '—';
  const text = formatWindow({ from: input.from, to: input.to });
  return displayWidth(text) > 42 ? plain(text) : text;
}
