import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';

/** A mistake in a content file, with its place: "strategies/x/strategy.md:12:3: …". */
export class ContentError extends Error {
  override name = 'ContentError';
}

export interface FrontMatter {
  data: Record<string, unknown>;
  body: string;
  /** Line number (1-based) at which the body starts. */
  bodyLine: number;
}

/**
 * Splits a Markdown file with YAML front matter.
 *
 * @throws ContentError naming file:line:column when the front matter is missing or is not YAML.
 */
export async function readFrontMatter(file: string): Promise<FrontMatter> {
  const text = await readFile(file, 'utf8');
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text);
  if (!match) throw new ContentError(`${file}:1:1: no front matter; start the file with --- YAML ---`);
  const data = parseYaml(match[1]!, file, 1);
  return { data, body: text.slice(match[0].length), bodyLine: match[0].split('\n').length };
}

/** YAML with positions; `firstLine` is added to the line of an error. */
export function parseYaml(text: string, file: string, firstLine = 0): Record<string, unknown> {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const error = document.errors[0];
  if (error) {
    const place = counter.linePos(error.pos[0]);
    throw new ContentError(`${file}:${place.line + firstLine}:${place.col}: ${error.message}`);
  }
  const value: unknown = document.toJS();
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ContentError(`${file}:${firstLine + 1}:1: expected a mapping of keys to values`);
  }
  return value as Record<string, unknown>;
}

/** "line:column" of a key path in YAML text; of the nearest parent that exists when the path does not. */
export function yamlPlace(text: string, path: PropertyKey[]): string {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, keepSourceTokens: true });
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1]!;
    const items = (parent as { items?: unknown[] } | undefined)?.items ?? [];
    const item =
      typeof key === 'number'
        ? items[key]
        : items.find((pair) => String((pair as { key?: unknown }).key) === String(key));
    const node = item as { key?: { range?: number[] }; range?: number[] } | undefined;
    const offset = node?.key?.range?.[0] ?? node?.range?.[0];
    if (offset !== undefined) {
      const place = counter.linePos(offset);
      return `${place.line}:${place.col}`;
    }
  }
  return '1:1';
}
