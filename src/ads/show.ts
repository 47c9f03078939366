import { forTerminal } from '../output/escape.js';
import { withoutMarkers } from './document.js';
import type { Ads } from './folder.js';
import { factsOf, type Table, tablesOf } from './tables.js';

/** One strategy as text for a terminal: facts, what code declares, then the ten sections. */
export function showStrategy(ads: Ads, { width = 100 }: { width?: number } = {}): string {
  const label = Math.max(...factsOf(ads).map(([name]) => name.length), 0);
  const facts = factsOf(ads).flatMap(([name, value]) => wrap(value, width, `${name.padEnd(label)}  `));
  const tables = tablesOf(ads).flatMap((table) => ['', ...showTable(table, width)]);
  const sections = ads.document.sections.flatMap((section) => [
    '',
    section.heading.toUpperCase(),
    ...withoutMarkers(section.text).split('\n').map(clean),
  ]);
  const title = ads.strategy?.title ?? 'front matter could not be read';
  return `${[ads.id, clean(title), '', ...facts, ...tables, ...sections].join('\n').trimEnd()}\n`;
}

/** One line a strategy. */
export function listStrategies(all: readonly Ads[]): string {
  const rows = all.map((ads) => [
    ads.strategy?.technique ?? '?',
    ads.id,
    `${ads.strategy?.analytics.length ?? 0} analytics`,
    `${ads.scenarios.length} scenarios`,
    clean(ads.strategy?.title ?? 'front matter could not be read'),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length), 0));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Narrow columns stand side by side, the last prose column is wrapped below its first line. */
function showTable(table: Table, width: number): string[] {
  const prose = table.columns.findIndex((name) => ['asks', 'why', 'assumes', 'shows', 'does'].includes(name));
  const side = table.columns.map((_name, index) => index).filter((index) => index !== prose);
  const widths = side.map((index) =>
    Math.min(36, Math.max(...table.rows.map((row) => row[index]!.length), 0)),
  );
  const lines = table.rows.flatMap((row) => [
    `  ${side.map((index, at) => clean(row[index]!).padEnd(widths[at]!)).join('  ')}`.trimEnd(),
    ...wrap(row[prose] ?? '', width, '      '),
  ]);
  return [table.title.toUpperCase(), ...lines];
}

function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of clean(text).split(/\s+/)) {
    if (line.trim() !== '' && line.length > indent.length && line.length + word.length + 1 > width) {
      lines.push(line);
      line = ' '.repeat(indent.length);
    }
    line += `${line.endsWith(' ') || line === '' ? '' : ' '}${word}`;
  }
  return [...lines, line];
}

const clean = (text: string): string => forTerminal(text);
