import type { Recognizer, Source, Wanted } from '../model/source.js';
import { type JsonObject, lookUp, parseObject } from './json.js';
import type { Stretch } from './scan.js';
import { hasField, splitRow, type Table } from './table.js';

export interface Recognition {
  source: Source;
  /** Share of the sampled rows that fit, 0..1. */
  confidence: number;
  /** Why: which alternative fitted. */
  reason: string;
  /** The columns, where the source knows them by their place. */
  table?: Table;
}

/** More than any fit weighs. */
const LAST = 1e6;

/**
 * Names the source of a stretch by its content. File names are not believed: they are what a rotation,
 * an analyst or an attacker made of them. Null when nothing fits at least half of the samples.
 */
export function recognize(stretch: Stretch, sources: Source[]): Recognition | null {
  const parsed = stretch.header ? [] : stretch.samples.map(parseObject);
  let best: (Recognition & { weight: number }) | null = null;
  for (const source of sources) {
    for (const recognizer of source.recognize) {
      const fit = fits(recognizer, source, stretch, parsed);
      if (fit.confidence < 0.5) continue;
      const weight =
        fit.confidence * 1000 + (source.isOwn ? 500 : fit.specificity) - (source.last ? LAST : 0);
      if (!best || weight > best.weight)
        best = {
          source,
          confidence: fit.confidence,
          reason: fit.reason,
          weight,
          ...(fit.table && { table: fit.table }),
        };
    }
  }
  if (!best) return null;
  const { weight: _weight, ...recognition } = best;
  return recognition;
}

/** Takes a stretch for what it is said to be. Text without a header has the columns the source knows by their place, if it knows any. */
export function recognizeAs(stretch: Stretch, source: Source): Recognition {
  const said = { source, confidence: 0, reason: 'said to be it' };
  if (stretch.header || stretch.table || stretch.samples.some((line) => parseObject(line))) return said;
  for (const recognizer of source.recognize) {
    if (!('table' in recognizer) || !('columns' in recognizer.table)) continue;
    const { columns, separator } = recognizer.table;
    return { ...said, table: { line: '', fields: columns, separator } };
  }
  return said;
}

interface Fit {
  confidence: number;
  /** Breaks ties: the source that asks for more is the better match. */
  specificity: number;
  reason: string;
  table?: Table;
}

const NO_FIT: Fit = { confidence: 0, specificity: 0, reason: '' };

function fits(recognizer: Recognizer, source: Source, stretch: Stretch, parsed: (JsonObject | null)[]): Fit {
  if ('zeek' in recognizer) return fitsZeek(recognizer, stretch);
  if ('table' in recognizer) {
    const { table } = recognizer;
    return 'header' in table ? fitsTable(table.header, stretch) : fitsPlaces(table, source, stretch);
  }
  if (stretch.header || stretch.table || stretch.samples.length === 0) return NO_FIT;
  if ('line' in recognizer) {
    const pattern = patternOf(recognizer.line);
    const rows = rowsOf(source, stretch);
    if (rows.length === 0) return NO_FIT;
    const confidence = rows.filter((line) => pattern.test(line)).length / rows.length;
    return {
      confidence,
      specificity: recognizer.line.length / 100,
      reason: `lines match ${recognizer.line}`,
    };
  }
  const { keys, equals = {}, without = [] } = recognizer.json;
  const fitting = parsed.filter(
    (object) =>
      object !== null &&
      keys.every((key) => lookUp(object, key) !== undefined) &&
      Object.entries(equals).every(([key, wanted]) => isOneOf(lookUp(object, key), wanted)) &&
      without.every((key) => lookUp(object, key) === undefined),
  ).length;
  if (fitting === 0) return NO_FIT;
  const asked = [...keys, ...Object.keys(equals)];
  return {
    confidence: fitting / parsed.length,
    specificity: asked.length,
    reason: `JSON with ${[...new Set(asked)].join(', ')}`,
  };
}

const isOneOf = (value: unknown, wanted: Wanted | Wanted[]): boolean =>
  Array.isArray(wanted) ? wanted.includes(value as Wanted) : value === wanted;

const patterns = new Map<string, RegExp>();

/** Compiled once: in a mixed log every line is asked. */
function patternOf(text: string): RegExp {
  const pattern = patterns.get(text) ?? new RegExp(text);
  patterns.set(text, pattern);
  return pattern;
}

/** Samples less the lines the format has beside rows. */
function rowsOf(source: Source, stretch: Stretch): string[] {
  const comments = source.comments ? patternOf(source.comments) : null;
  return stretch.samples.filter((line) => !comments?.test(line));
}

function fitsTable(names: string[], { table }: Stretch): Fit {
  if (!table?.line || !names.every((name) => hasField(table, name))) return NO_FIT;
  return { confidence: 1, specificity: names.length, reason: `header with ${names.join(', ')}` };
}

function fitsPlaces(
  table: { columns: string[]; separator: Table['separator']; line: string },
  source: Source,
  stretch: Stretch,
): Fit {
  const { columns, separator } = table;
  const pattern = patternOf(table.line);
  const isFitting = (row: string) => pattern.test(row) && splitRow(row, separator).length === columns.length;
  // What has the columns of a row names the format, even if it is none.
  const rows = new Set([...stretch.samples.filter(isFitting), ...rowsOf(source, stretch)]);
  if (rows.size === 0 || stretch.header || stretch.table) return NO_FIT;
  const fitting = [...rows].filter(isFitting).length;
  return {
    confidence: fitting / rows.size,
    specificity: columns.length,
    reason: `${columns.length} columns that match ${table.line}`,
    table: { line: '', fields: columns, separator },
  };
}

function fitsZeek(recognizer: { zeek: string; fields?: string[] }, stretch: Stretch): Fit {
  const header = stretch.header;
  if (!header) return NO_FIT;
  const hasFields = (recognizer.fields ?? []).every((field) => header.fields.includes(field));
  if (header.path === recognizer.zeek && hasFields) {
    return { confidence: 1, specificity: 100, reason: `Zeek header #path ${header.path}` };
  }
  if (header.path === '' && recognizer.fields && hasFields) {
    return {
      confidence: 0.8,
      specificity: recognizer.fields.length,
      reason: `Zeek #fields with ${recognizer.fields.join(', ')}`,
    };
  }
  return NO_FIT;
}
