/** Text in columns for a terminal. Knows nothing of findings. Input is plain text, already escaped. */

export interface Column {
  title: string;
  width: number;
  align?: 'left' | 'right';
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns a text takes: marks take none, East Asian wide characters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Lines no wider than `width`, broken at spaces; a word wider than a line is cut. At least one line. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(width, 2);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((w) => cut(w, room))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= room) {
      line = longer;
    } else {
      if (line !== '') lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** `text` after a label; later lines stand under its first character. */
export function hanging(label: string, text: string, width: number): string[] {
  const indent = ' '.repeat(displayWidth(label));
  return wrap(text, width - displayWidth(label)).map((line, i) => (i === 0 ? label : indent) + line);
}

/** One row of cells, each wrapped within its column; the last column is not padded. */
export function layoutRow(cells: readonly string[], columns: readonly Column[]): string[] {
  const wrapped = columns.map((column, i) => wrap(cells[i] ?? '', column.width));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, y) =>
    columns
      .map((column, x) => pad(wrapped[x]?.[y] ?? '', column, x === columns.length - 1))
      .join(' ')
      .trimEnd(),
  );
}

/** Heading and rows, each column as wide as its widest cell but never wider than `Column.width`. */
export function layoutTable(rows: readonly (readonly string[])[], columns: readonly Column[]): string[] {
  const fitted = columns.map((column, i) => ({
    ...column,
    width: Math.min(
      column.width,
      Math.max(...[column.title, ...rows.map((row) => row[i] ?? '')].map(displayWidth)),
    ),
  }));
  const heading = fitted.map((column) => column.title);
  return [heading, ...rows].flatMap((row) => layoutRow(row, fitted));
}

function pad(text: string, column: Column, isLast: boolean): string {
  const space = ' '.repeat(Math.max(0, column.width - displayWidth(text)));
  if (column.align === 'right') return space + text;
  return isLast ? text : text + space;
}

/** Pieces no wider than `width`; most words are one piece. */
function cut(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (displayWidth(piece + character) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}
