import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { readLines } from './lines.js';
import type { PreparedStretch, Spool } from './prepare.js';

type Fields = Record<string, unknown>;

/**
 * Gives each element of a record's innermost list a line of its own, with the plain values around it: a source reads events, and some logs pack
 * hundreds in one record. `paths` are the lists on the way, outermost first (a.b reaches into objects). A line without such a list stays as it is.
 */
export async function unfold(
  stretch: PreparedStretch,
  paths: string[][],
  spool: Spool,
): Promise<PreparedStretch> {
  const plainPath = spool.next();
  const out = createWriteStream(plainPath);
  let rows = 0;
  for await (const bytes of readLines(stretch.plainPath)) {
    if (bytes.length === 0) continue;
    for (const line of unfoldLine(bytes.toString('utf8'), paths)) {
      rows += 1;
      if (!out.write(`${line}\n`)) await new Promise<void>((resume) => out.once('drain', resume));
    }
  }
  out.end();
  await finished(out);
  return { ...stretch, firstLine: 1, lines: rows, rows, plainPath };
}

export function unfoldLine(line: string, paths: string[][]): string[] {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return [line];
  }
  const path = paths.find(([first]) => Array.isArray(lookUp(record, first!)));
  return path ? elements({}, record, path).map((fields) => JSON.stringify(fields)) : [line];
}

/** Values of inner records win over those around them. What is no object or list where one belongs is kept, and rejected by its source. */
function elements(around: Fields, record: unknown, [list, ...deeper]: string[]): Fields[] {
  const own = Object.entries((record ?? {}) as Fields).filter(
    ([, value]) => value === null || typeof value !== 'object',
  );
  const fields = { ...around, ...Object.fromEntries(own) };
  const inner = lookUp(record, list!);
  if (!Array.isArray(inner)) return [{ ...fields, [list!]: inner ?? null }];
  return inner.flatMap((element): Fields[] =>
    deeper.length > 0 && element !== null && typeof element === 'object'
      ? elements(fields, element, deeper)
      : [{ ...fields, [list!]: element }],
  );
}

function lookUp(record: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === 'object' && Object.hasOwn(value, key)
          ? (value as Fields)[key]
          : undefined,
      record,
    );
}
