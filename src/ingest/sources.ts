import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ContentError, readFrontMatter } from '../model/front-matter.js';
import type { Source } from '../model/source.js';
import { EVENT_TABLES } from '../store/schema.js';
import { MAPPING_FILE, Recognizer, readMappingFile } from './mapping-file.js';

const SourceHead = z.strictObject({
  title: z.string(),
  product: z.string(),
  into: z.enum([...EVENT_TABLES, 'nothing']),
  columns: z.array(z.string()).default([]),
  recognize: z.array(Recognizer).min(1),
  mixed: z.boolean().optional(),
  last: z.boolean().optional(),
  kind: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  comments: z.string().optional(),
  unfold: z.array(z.array(z.string()).min(1)).optional(),
  beside: z.strictObject({ lists: z.array(z.string()).min(1), keep: z.array(z.string()) }).optional(),
  status: z.enum(['tested', 'derived', 'designed']),
  fills: z.array(z.string()),
});

/**
 * Every source under `root` and the user's own places, by id: a folder each, its name the id, or a mapping file. An own place
 * may be a mapping file itself.
 *
 * @throws ContentError with the file when a front matter or a mapping does not fit, or two sources have one id.
 */
export async function readSources(root: string, ...own: string[]): Promise<Source[]> {
  const theirs = (await Promise.all(own.map(readRoot))).flat();
  const sources = [...(await readRoot(root)), ...theirs.map((source) => ({ ...source, isOwn: true }))];
  for (const [index, { id, folder }] of sources.entries()) {
    const first = sources.findIndex((other) => other.id === id);
    if (first !== index)
      throw new ContentError(`${folder}: source "${id}" is in ${sources[first]!.folder} as well; rename one`);
  }
  return sources.sort((a, b) => a.id.localeCompare(b.id));
}

async function readRoot(root: string): Promise<Source[]> {
  if ((await stat(root).catch(noRoot(root))).isFile()) return [await readMappingFile(root)];
  const entries = await readdir(root, { withFileTypes: true });
  return Promise.all(
    entries.flatMap((entry) => {
      const path = join(root, entry.name);
      if (entry.isDirectory()) return [readSource(path, basename(path))];
      return entry.name.endsWith(MAPPING_FILE) ? [readMappingFile(path)] : [];
    }),
  );
}

const noRoot = (root: string) => () => {
  throw new ContentError(`${root}: no such folder or mapping file; check --sources`);
};

/** What a line that is not UTF-8, or holds an odd blank, makes of these depends on who asks: rows would be counted that are not stored. */
const UNEQUAL = /\\[sSwWDbB]|\[\^|(?<!\\)\.(?![^[\]]*\])/;

async function readSource(folder: string, id: string): Promise<Source> {
  const file = join(folder, 'source.md');
  const { data } = await readFrontMatter(file);
  const head = SourceHead.safeParse(data);
  if (!head.success) {
    const issue = head.error.issues[0]!;
    throw new ContentError(`${file}:2:1: ${issue.path.join('.')}: ${issue.message}`);
  }
  if (UNEQUAL.test(head.data.comments ?? '')) {
    throw new ContentError(
      `${file}:2:1: comments: name the characters, as in [ \\t] or [!-~]: of \\s, \\S, \\w, . and [^…] the engine and JavaScript make different things`,
    );
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
