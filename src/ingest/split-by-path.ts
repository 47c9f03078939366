import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { readLines } from './lines.js';
import type { PreparedStretch, Spool } from './prepare.js';

/** Zeek's JSON logs name their kind in `_path` when several are written to one stream. */
const PATH = /"_path"\s*:\s*"([A-Za-z0-9_-]{1,64})"/;
/** More kinds than Zeek has: then it is something else, and is read as one log. */
const MAX_KINDS = 64;

/** True when the samples are Zeek JSON of at least two kinds. */
export function isMixed(samples: string[]): boolean {
  return new Set(samples.map((line) => PATH.exec(line)?.[1]).filter((kind) => kind !== undefined)).size > 1;
}

/**
 * Gives each kind of a mixed Zeek JSON log a file of its own. Lines of other kinds are left empty there, so that line
 * numbers stay those of the log. Lines without a kind go with the first: they are rejected there, with their place.
 */
export async function splitByPath(stretch: PreparedStretch, spool: Spool): Promise<PreparedStretch[]> {
  const kinds = new Map<string, PreparedStretch & { out: WriteStream; written: number }>();
  let line = 0;
  for await (const bytes of readLines(stretch.plainPath)) {
    line += 1;
    if (bytes.length === 0 || bytes[0] === 0x23) continue;
    const text = bytes.toString('utf8', 0, Math.min(bytes.length, 65_536));
    const name = PATH.exec(text)?.[1] ?? kinds.keys().next().value ?? '';
    const kind = kinds.get(name) ?? (kinds.size < MAX_KINDS ? open(name) : kinds.values().next().value!);
    kind.rows += 1;
    if (kind.samples.length < 20) kind.samples.push(text);
    const gap = Buffer.alloc(line - 1 - kind.written, '\n');
    kind.written = line;
    if (!kind.out.write(Buffer.concat([gap, bytes, Buffer.from('\n')]))) {
      await new Promise<void>((resume) => kind.out.once('drain', resume));
    }
  }
  const all = [...kinds.values()];
  for (const kind of all) kind.out.end();
  await Promise.all(all.map((kind) => finished(kind.out)));
  return all.map(({ out: _out, written: _written, ...rest }) => rest);

  function open(name: string) {
    const plainPath = spool.next();
    const kind = {
      firstLine: stretch.firstLine,
      lines: stretch.lines,
      rows: 0,
      header: null,
      samples: [] as string[],
      plainPath,
      out: createWriteStream(plainPath),
      written: 0,
    };
    kinds.set(name, kind);
    return kind;
  }
}
