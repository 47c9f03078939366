import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ContentError, readFrontMatter } from '../model/front-matter.js';
import type { Source } from '../model/source.js';
import { EVENT_TABLES } from '../store/schema.js';

const Recognizer = z.union([
  z.strictObject({ zeek: z.string(), fields: z.array(z.string()).optional() }),
  z.strictObject({
    json: z.strictObject({
      keys: z.array(z.string()).min(1),
      equals: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      without: z.array(z.string()).optional(),
    }),
  }),
  z.strictObject({ table: z.strictObject({ header: z.array(z.string().min(2)).min(2) }) }),
  z.strictObject({
    table: z.strictObject({
      columns: z.array(z.string()).min(2),
      separator: z.enum([' ', ',', '\t']),
      line: z.string(),
    }),
  }),
  z.strictObject({ line: z.string() }),
]);

const SourceHead = z.strictObject({
  title: z.string(),
  product: z.string(),
  into: z.enum([...EVENT_TABLES, 'nothing']),
  columns: z.array(z.string()).default([]),
  recognize: z.array(Recognizer).min(1),
  mixed: z.boolean().optional(),
  kind: z.string().optional(),
  comments: z.string().optional(),
  unfold: z.array(z.array(z.string()).min(1)).optional(),
  status: z.enum(['tested', 'derived', 'designed']),
  fills: z.array(z.string()),
});

/**
 * Every source under `root`: one folder each, its name the id.
 *
 * @throws ContentError with the file when a front matter does not fit.
 */
export async function readSources(root: string): Promise<Source[]> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const sources = await Promise.all(folders.map((entry) => readSource(join(root, entry.name), entry.name)));
  return sources.sort((a, b) => a.id.localeCompare(b.id));
}

async function readSource(folder: string, id: string): Promise<Source> {
  const file = join(folder, 'source.md');
  const { data } = await readFrontMatter(file);
  const head = SourceHead.safeParse(data);
  if (!head.success) {
    const issue = head.error.issues[0]!;
    throw new ContentError(`${file}:2:1: ${issue.path.join('.')}: ${issue.message}`);
  }
  const feeds = head.data.into !== 'nothing';
  if (feeds !== head.data.fills.length > 0) {
    throw new ContentError(
      `${file}:2:1: fills: ${feeds ? 'name what it fills' : 'what goes into nothing fills nothing'}`,
    );
  }
  if (!feeds) return { id, folder, normalizeSql: '', ...head.data } as Source;
  const normalizeSql = await readFile(join(folder, 'normalize.sql'), 'utf8');
  if (!normalizeSql.includes('{{input}}')) {
    throw new ContentError(`${join(folder, 'normalize.sql')}:1:1: no {{input}}: select FROM {{input}}`);
  }
  return { id, folder, normalizeSql, ...head.data } as Source;
}
