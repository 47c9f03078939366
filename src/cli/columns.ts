import { forTerminal } from '../output/escape.js';

/** A plain table: headings, two blanks between columns, the last column as long as it is. */
export function columns(headings: string[], rows: string[][]): string {
  const cells = [headings, ...rows.map((row) => row.map((cell) => forTerminal(cell)))];
  const widths = headings.map((_, index) =>
    Math.min(70, Math.max(...cells.map((row) => row[index]!.length))),
  );
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]!)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
