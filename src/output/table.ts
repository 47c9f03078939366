import type { HuntResult } from '../model/hunt-result.js';
import { countOf, formatDuration, formatTime } from './format.js';
import { huntSteps } from './next-steps.js';
import { headline } from './summary.js';
import { foundSection, suppressedSection } from './table-findings.js';
import { beaconsSection, clocksSection, problemsSection, rejectedSection } from './table-footnotes.js';
import { insideSection, readSection, strategiesSection } from './table-inputs.js';
import { type Paint, paint, plain } from './table-style.js';
import { hanging } from './text-layout.js';

export interface TableOptions {
  /** Off unless the reader is a terminal that wants it. */
  colour?: boolean;
  /** Columns to fill; at least 60 are used. */
  width?: number;
  /** List candidates too: hits below the strategy's threshold. */
  all?: boolean;
}

export interface TableContext {
  paint: Paint;
  width: number;
  all: boolean;
}

/** One answer of the summary: a question, and lines under it. No lines, no section. */
export interface Section {
  title: string;
  lines: string[];
}

const DEFAULT_WIDTH = 120;
const LEAST_WIDTH = 60;

/**
 * A hunt's summary for a terminal: what was read, what counts as inside, what was found, what could not be seen, what
 * was suppressed and by whom; then what went wrong, and what to do next. Ends with a newline.
 */
export function renderTable(result: HuntResult, options: TableOptions = {}): string {
  const context: TableContext = {
    paint: paint(options.colour ?? false),
    width: Math.max(LEAST_WIDTH, options.width ?? DEFAULT_WIDTH),
    all: options.all ?? false,
  };
  const sections = [
    readSection(result, context),
    insideSection(result, context),
    foundSection(result, context),
    strategiesSection(result, context),
    suppressedSection(result, context),
    rejectedSection(result, context),
    problemsSection(result, context),
    clocksSection(result, context),
    beaconsSection(result, context),
    nextSection(result, context),
  ];
  const blocks = sections
    .filter((section) => section.lines.length > 0)
    .map((section) => [context.paint.heading(section.title), ...section.lines].join('\n'));
  return `${[opening(result, context), ...blocks].join('\n\n')}\n`;
}

function opening(result: HuntResult, { paint: p, width }: TableContext): string {
  const paths = result.paths.map(plain).join(' ');
  const took = `${formatDuration(result.elapsedSeconds)}, started ${formatTime(result.startedAt)} UTC`;
  const run = `Stowaway ${plain(result.version)} hunted ${paths} in ${took}`;
  const lines = [
    ...hanging('', run, width).map(p.faint),
    ...hanging('', plain(headline(result)), width).map(p.heading),
  ];
  if (result.partial)
    lines.push(p.warning('PARTIAL: stopped before the end; what follows is what was found so far.'));
  return lines.join('\n');
}

function nextSection(result: HuntResult, context: TableContext): Section {
  const steps = huntSteps(result, context);
  const lines = steps.flatMap((step, i) => hanging(`  ${i + 1}. `, plain(step), context.width));
  return { title: `WHAT TO DO NEXT (${countOf(steps.length, 'step')})`, lines };
}
