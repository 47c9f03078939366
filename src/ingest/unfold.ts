import type { Beside, Source } from '../model/source.js';
import { lookUp, writeJson } from './json.js';
import { readLines } from './lines.js';
import type { PreparedStretch, Spool } from './prepare.js';
import { SpoolFile } from './spool-file.js';

type Fields = Record<string, unknown>;

/**
 * Gives each element of a record's innermost list a line of its own, with the plain values around it: a source reads events, and some logs pack
 * hundreds in one record. `paths` are the lists on the way, outermost first (a.b reaches into objects). A line without such a list stays as it is.
 */
export async function unfold(
  stretch: PreparedStretch,
  { unfold: paths, beside }: Pick<Source, 'unfold' | 'beside'>,
  spool: Spool,
): Promise<PreparedStretch> {
  const rowsOf = (line: string) => (beside ? besideLine(line, beside) : unfoldLine(line, paths ?? []));
  const out = new SpoolFile(spool.next());
  for await (const bytes of readLines(stretch.plainPath)) {
    if (bytes.length === 0 || bytes[0] === HASH) continue;
    for (const line of rowsOf(bytes.toString('utf8'))) await out.row(line);
  }
  await out.end();
  const { path: plainPath, rows, samples } = out;
  return { ...stretch, firstLine: 1, lines: rows, rows, samples, plainPath };
}

export function unfoldLine(line: string, paths: string[][]): string[] {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return [line];
  }
  const path = paths.find(([first]) => Array.isArray(lookUp(record, first!)));
  if (!path) return [line];
  const lines: string[] = [];
  let room = roomFor(line);
  for (const fields of elements({}, record, path)) {
    const own = writeJson(fields);
    room -= own?.length ?? Number.POSITIVE_INFINITY;
    if (own === null || room < 0) return [line];
    lines.push(own);
  }
  return lines;
}

/**
 * The record as it stands, then a line for each element of its lists: an object with the element as `element` and the record's values that are
 * kept. For what is a row itself and has rows of its own within, as a pod has containers. Where these are too large to be told, a row that no source
 * takes stands for them: they must not be missing without a word.
 */
export function besideLine(line: string, { lists, keep }: Beside): string[] {
  let record: Fields;
  try {
    record = JSON.parse(line) as Fields;
  } catch {
    return [line];
  }
  const around = Object.fromEntries(keep.map((key) => [key, lookUp(record, key) ?? null]));
  const lines = [line];
  let room = roomFor(line);
  for (const list of lists.map((path) => lookUp(record, path))) {
    for (const element of Array.isArray(list) ? list : []) {
      const own = writeJson({ ...around, element });
      room -= own?.length ?? Number.POSITIVE_INFINITY;
      if (own === null || room < 0) return [line, NO_ELEMENT];
      lines.push(own);
    }
  }
  return lines;
}

const NO_ELEMENT = JSON.stringify({ element: {} });
const HASH = 0x23;
/** A record whose elements repeat more of what is around them than this is made to fill a disk: it stays as it is, and is rejected. */
const MAX_GROWTH = 64;
const SMALL_LINE = 65_536;
/** The lines of one record are held together. */
const MAX_ROOM = 128 * 1024 * 1024;
const roomFor = (line: string): number => Math.min(MAX_ROOM, MAX_GROWTH * Math.max(line.length, SMALL_LINE));

/** Values of inner records win over those around them. What is no object or list where one belongs is kept, and rejected by its source. */
function* elements(around: Fields, record: unknown, [list, ...deeper]: string[]): Iterable<Fields> {
  const own = Object.entries((record ?? {}) as Fields).filter(
    ([, value]) => value === null || typeof value !== 'object',
  );
  const fields = { ...around, ...Object.fromEntries(own) };
  const inner = lookUp(record, list!);
  if (!Array.isArray(inner)) {
    yield { ...fields, [list!]: inner ?? null };
    return;
  }
  for (const element of inner) {
    if (deeper.length > 0 && element !== null && typeof element === 'object')
      yield* elements(fields, element, deeper);
    else yield { ...fields, [list!]: element };
  }
}
