import { parseAllDocuments } from 'yaml';
import type { InputProblem } from '../model/hunt-result.js';
import { type JsonObject, parseObject } from './json.js';
import { type Compression, openPlain } from './open-plain.js';
import type { PreparedStretch, Spool } from './prepare.js';
import type { Scan } from './scan.js';
import { SpoolFile } from './spool-file.js';
import type { FoundFile } from './walk.js';

/** A document larger than this is not read whole; YAML takes fifty times its size in memory. */
const MAX_BYTES = { json: 128 * 1024 * 1024, yaml: 8 * 1024 * 1024 };

/** What a file that is one document holds, or why that cannot be told. */
export type Document = { items: unknown[] } | { problem: InputProblem };

/**
 * The elements of a file that is one JSON array, one list object (`items`, `records`) or one pretty-printed object, or that holds objects of
 * Kubernetes as YAML; null for anything else.
 */
export async function readDocument(
  file: FoundFile,
  compression: Compression,
  found: Scan,
): Promise<Document | null> {
  const format = formatOf(found.stretches[0]!.samples);
  if (format === null || found.failure) return null;
  if (format === 'json' && found.bytes > MAX_BYTES.json) return null;
  if (found.bytes > MAX_BYTES.yaml && format === 'yaml')
    return unreadable(file, `YAML of more than ${MAX_BYTES.yaml / 1024 / 1024} MiB`);
  const parts: Buffer[] = [];
  for await (const chunk of openPlain(file, compression)) parts.push(chunk);
  const text = Buffer.concat(parts).toString('utf8');
  try {
    const documents: unknown[] = format === 'json' ? [JSON.parse(text)] : parseYaml(text);
    return { items: documents.flatMap(elementsOf) };
  } catch (error) {
    if (format === 'json') return null;
    return unreadable(file, `YAML that cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
}

const unreadable = ({ path }: FoundFile, what: string): Document => ({
  problem: { where: path, what, advice: 'fetch it as JSON: kubectl get … -o json', level: 'unread' },
});

function formatOf(samples: string[]): 'json' | 'yaml' | null {
  const first = samples[0]?.trimStart() ?? '';
  const isList =
    /^\{.*"kind"\s*:\s*"\w*List"/.test(first) || first.startsWith('[') || /^\{\s*"records"\s*:/.test(first);
  if (isList || (first.startsWith('{') && !parseObject(samples[0]!))) return 'json';
  const opening = first === '---' ? (samples[1] ?? '') : first;
  return /^(?:apiVersion|kind): *["']?[\w./-]+["']? *$/.test(opening) ? 'yaml' : null;
}

/** @throws where one of the documents is none: what is left would pass for all there is. */
function parseYaml(text: string): unknown[] {
  return parseAllDocuments(text, { logLevel: 'silent' }).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    const value: unknown = document.toJS();
    return value === null ? [] : [value];
  });
}

function elementsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const { items, records, kind, apiVersion } = (value ?? {}) as JsonObject;
  if (Array.isArray(items)) return items.map((item) => withKind(item, kind, apiVersion));
  return Array.isArray(records) ? records : [value];
}

/** Objects in a PodList do not say that they are pods. */
function withKind(item: unknown, kind: unknown, apiVersion: unknown): unknown {
  const own = /^(\w+)List$/.exec(String(kind))?.[1];
  const isBare = item !== null && typeof item === 'object' && !Array.isArray(item) && !('kind' in item);
  return own && isBare ? { apiVersion, kind: own, ...item } : item;
}

export async function spoolDocument(items: unknown[], spool: Spool): Promise<PreparedStretch> {
  const out = new SpoolFile(spool.next());
  for (const item of items) await out.row(JSON.stringify(item));
  await out.end();
  const { path: plainPath, rows, samples } = out;
  return { firstLine: 1, lines: rows, rows, header: null, samples, plainPath };
}
