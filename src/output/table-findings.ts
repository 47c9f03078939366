import type { Finding, HuntResult } from '../model/hunt-result.js';
import { countOf, formatBytes, formatDay, formatProbability, formatWindow } from './format.js';
import { scoreEquation } from './score.js';
import { describeAttribution, describeDestination, findingsOf, impaired } from './summary.js';
import type { Section, TableContext } from './table.js';
import { plain, SEVERITY_WORDS } from './table-style.js';
import { type Column, hanging, layoutRow } from './text-layout.js';

/** Below this width the why sentence stands under its finding instead of in a column. */
const WIDTH_FOR_WHY = 118;
const LISTED_DESTINATIONS = 4;

/** Question three: what was found, worst first. */
export function foundSection(result: HuntResult, context: TableContext): Section {
  const listed = [...findingsOf(result, 'open'), ...(context.all ? findingsOf(result, 'candidate') : [])];
  if (listed.length === 0) return { title: 'WHAT WAS FOUND', lines: nothingFound(result, context) };
  const days = new Set(listed.flatMap((f) => [formatDay(f.window.from), formatDay(f.window.to)]));
  const day = days.size === 1 ? [...days][0] : undefined;
  const columns = findingColumns(context.width, day !== undefined);
  const heading = layoutRow(
    columns.map((column) => column.title),
    columns,
  ).map(context.paint.faint);
  const body = listed.flatMap((finding, i) => [
    ...(i === 0 ? [] : ['']),
    ...findingLines({ finding, columns, day }, context),
  ]);
  return {
    title: day === undefined ? 'WHAT WAS FOUND' : `WHAT WAS FOUND ON ${day}`,
    lines: [...heading, ...body],
  };
}

/** Question five: what was suppressed, and by whom. */
export function suppressedSection(result: HuntResult, { width }: TableContext): Section {
  const hidden = findingsOf(result, 'suppressed');
  const lines = hidden.flatMap((finding) => [
    ...hanging(
      `  ${SEVERITY_WORDS[finding.severity].padEnd(5)} ${formatProbability(finding.score)} `,
      plain(`${finding.technique} ${finding.entity.name}, ${formatWindow(finding.window)}: ${finding.why}`),
      width,
    ),
    ...hanging('             by ', plain(finding.suppressed_by ?? 'unknown'), width),
  ]);
  const title = `WHAT WAS SUPPRESSED (${result.report.suppressed})`;
  return { title, lines: lines.length > 0 ? lines : ['  nothing'] };
}

function findingColumns(width: number, isOneDay: boolean): Column[] {
  const columns: Column[] = [
    { title: 'SEV', width: 5 },
    { title: 'SCORE', width: 6 },
    { title: 'STRATEGY', width: 24 },
    { title: 'ENTITY', width: 20 },
    { title: 'WINDOW (UTC)', width: isOneDay ? 17 : 20 },
  ];
  const used = columns.reduce((sum, column) => sum + column.width + 1, 0);
  return width < WIDTH_FOR_WHY ? columns : [...columns, { title: 'WHY', width: width - used }];
}

function findingLines(
  { finding, columns, day }: { finding: Finding; columns: Column[]; day: string | undefined },
  context: TableContext,
): string[] {
  const word = finding.status === 'candidate' ? 'cand.' : SEVERITY_WORDS[finding.severity];
  const cells = [
    word,
    formatProbability(finding.score),
    plain(`${finding.technique} ${finding.title}`),
    plain(finding.entity.name),
    // An end on another day goes to a line of its own.
    formatWindow(finding.window, day).replace(/–(?=\d{4}-)/, ' –'),
    plain(finding.why),
  ];
  const [first = '', ...more] = layoutRow(cells, columns);
  const painted = context.paint.severity(finding.severity, word) + first.slice(word.length);
  return [painted, ...more, ...detailLines(finding, context, columns.length < cells.length)];
}

function detailLines(finding: Finding, { paint, width }: TableContext, withWhy: boolean): string[] {
  const line = (label: string, text: string) => hanging(`      ${label.padEnd(7)}`, text, width);
  const sorted = [...finding.destinations].sort((a, b) => b.bytes_out - a.bytes_out);
  const shown = sorted
    .slice(0, LISTED_DESTINATIONS)
    .map((to) => `${plain(describeDestination(to))} ${formatBytes(to.bytes_out)}`);
  const rest = sorted.length - shown.length;
  if (rest > 0) shown.push(`and ${countOf(rest, 'more destination')}`);
  const entity = [finding.entity.ip, finding.entity.image, finding.entity.container_uid?.slice(0, 12)]
    .filter((part) => part !== null && part !== undefined && part !== '' && part !== finding.entity.name)
    .map((part) => plain(String(part)));
  return [
    ...(withWhy ? line('why', plain(finding.why)) : []),
    ...line('score', plain(scoreEquation(finding))),
    ...line('to', shown.length === 0 ? 'no destination known' : shown.join('; ')),
    ...line('named', [`by ${describeAttribution(finding)}`, ...entity].join(' · ')),
    ...line('id', plain(`${finding.uid} · incident ${finding.incident} · priority ${finding.priority}`)),
  ].map((text, i) => (withWhy && i === 0 ? text : paint.faint(text)));
}

function nothingFound(result: HuntResult, { paint, width }: TableContext): string[] {
  const unseen = impaired(result);
  if (unseen.length === 0) return ['  nothing, and every strategy could look'];
  const names = unseen.map((s) => `${s.technique} (${s.state})`).join(', ');
  const text = `nothing; but that says little for ${names}, which could not look fully`;
  return hanging('  ', plain(text), width).map(paint.warning);
}
