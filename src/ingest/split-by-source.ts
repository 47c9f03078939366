import type { Source } from '../model/source.js';
import { readLines } from './lines.js';
import type { PreparedStretch, Spool } from './prepare.js';
import { type Recognition, recognize } from './recognize.js';
import { SpoolFile } from './spool-file.js';

const HASH = 0x23;

/**
 * Gives the lines of each source in a mixed log a file of their own. Lines of others are left empty there, so that line numbers stay those of
 * the log. A log is mixed when its samples are of several sources, or of one that declares `mixed`, or when a shipper gathered it: then each line
 * is looked at, and what no source knows gets a file as well. A comment or a JSON object cut in half stays with the line before it, and so does any
 * text but where programs write what they like: in what was `gathered`, and in a mixed log of text.
 */
export async function splitBySource(
  stretch: PreparedStretch,
  sources: Source[],
  spool: Spool,
  { gathered }: { gathered: boolean },
): Promise<NamedStretch[]> {
  const candidates = candidatesOf(stretch, sources, gathered);
  if (candidates.length === 0) return [stretch];
  const isAnybodys = gathered || candidates.some(isMixedText);
  const parts = new Map<string, Part>();
  let line = 0;
  let last: Part | null = null;
  for await (const bytes of readLines(stretch.plainPath)) {
    line += 1;
    if (bytes.length === 0) continue;
    // The whole line: what stands behind a long value names it as well.
    const text = bytes.toString('utf8');
    const named = bytes[0] === HASH ? null : (nameLine(text, candidates) ?? nameNew(text));
    const stays = bytes[0] === HASH || (isAnybodys ? isCut(text) : !isWhole(text));
    const part: Part =
      named === null && stays && last ? last : partOf(named?.source.id ?? '', bytes[0] !== HASH && line);
    if (named) {
      last = part;
      part.first ??= named;
      part.named += 1;
    }
    if (bytes[0] !== HASH) part.out.count(text);
    await part.out.write(Buffer.concat([Buffer.alloc(line - 1 - part.written, '\n'), bytes, NEWLINE]));
    part.written = line;
  }
  const all = [...parts.values()].filter(({ out }) => out.rows > 0);
  for (const { out } of all) await out.end();
  return all.map(({ out: { rows, samples, path }, firstRow, first, named }) => ({
    ...{ firstLine: stretch.firstLine, lines: stretch.lines, rows, header: null, samples },
    ...{ plainPath: path, firstRow },
    ...(first && { recognition: { ...first, confidence: named / rows } }),
  }));

  /** A source that no sample showed. Text of it is looked for where anybody may have written. */
  function nameNew(text: string): Recognition | null {
    const found = isAnybodys || isObject(text) ? nameLine(text, sources) : null;
    if (found) candidates.push(found.source);
    return found;
  }

  function partOf(id: string, firstRow: number | false): Part {
    const known = parts.get(id);
    if (known) return known;
    const part: Part = {
      firstRow: stretch.firstLine + (firstRow || 1) - 1,
      out: new SpoolFile(spool.next()),
      written: 0,
      first: null,
      named: 0,
    };
    parts.set(id, part);
    return part;
  }
}

/** What its lines were named, one by one: together they may fit no alternative of their source half of the time. */
type NamedStretch = PreparedStretch & { recognition?: Recognition };

interface Part {
  out: SpoolFile;
  /** Lines so far, of the log and so of the file. */
  written: number;
  firstRow: number;
  first: Recognition | null;
  /** Rows that were named for what they say; others stand with the row before them. */
  named: number;
}

const NEWLINE = Buffer.from('\n');

/** The sources whose lines a mixed log may hold: those of its samples, and others of their products. None when it is not mixed. */
function candidatesOf(
  { header, table, samples }: PreparedStretch,
  sources: Source[],
  gathered: boolean,
): Source[] {
  if (header || table) return [];
  const seen = new Set(
    samples.map((line) => nameLine(line, sources)?.source).filter((source) => source !== undefined),
  );
  if (seen.size === 0 || (seen.size === 1 && ![...seen][0]!.mixed && !gathered)) return [];
  const products = new Set([...seen].map(({ product }) => product));
  return sources.filter((source) => seen.has(source) || products.has(source.product));
}

const isMixedText = ({ mixed, recognize: ways }: Source): boolean =>
  (mixed ?? false) && ways.some((way) => 'line' in way);

const nameLine = (line: string, sources: Source[]): Recognition | null =>
  recognize({ firstLine: 1, lines: 1, rows: 1, header: null, samples: [line] }, sources);

const isObject = (text: string): boolean => /^\s*\{/.test(text);
/** A JSON object from its first character to its last, as far as can be told without reading it. */
const isWhole = (text: string): boolean => isObject(text) && text.trimEnd().endsWith('}');
const isCut = (text: string): boolean => isObject(text) && !isWhole(text);
