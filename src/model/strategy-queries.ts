import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { z } from 'zod';
import type { Analytic, Probe } from './strategy.js';
import type { ContentProblem, Place } from './strategy-places.js';
import { analyticHeader, probeHeader, SLUG } from './strategy-schema.js';

/** `needs` and `parameters` are lists; `-- parameters:` may be empty or left out. */
const LISTS = new Set(['needs', 'parameters']);

export interface QueryParameter extends Place {
  name: string;
  type: string;
}

/** An analytic with what its checks need: where its header lines stand and which query parameters its SQL names. */
export interface AnalyticFile {
  analytic: Analytic | null;
  queryParameters: QueryParameter[];
  headerLines: Record<string, number>;
  problems: ContentProblem[];
}

export async function readAnalytic(file: string): Promise<AnalyticFile> {
  const advice =
    'start with -- what, -- class, -- role, -- needs and, where it has any, -- parameters and -- cost';
  const { header, id, text, lines, problems } = await readQuery(file, analyticHeader, advice);
  return {
    analytic: header && { id, ...header, sql: text, file },
    queryParameters: findQueryParameters(text, file),
    headerLines: lines,
    problems,
  };
}

export async function readProbe(file: string): Promise<{ probe: Probe | null; problems: ContentProblem[] }> {
  const advice = 'start with -- what and -- when_not_ok (degraded or blind)';
  const { header, id, text, problems } = await readQuery(file, probeHeader, advice);
  return {
    probe: header && { id, what: header.what, whenNotOk: header.when_not_ok, sql: text, file },
    problems,
  };
}

/** A file of SQL with a header comment; its id is its name. */
async function readQuery<T extends z.ZodType>(file: string, schema: T, advice: string) {
  const text = await readFile(file, 'utf8');
  const { values, lines } = readHeader(text);
  const id = basename(file, '.sql');
  const at = { file, line: 1, column: 1 };
  const problems: ContentProblem[] = [];
  if (!SLUG.test(id))
    problems.push({ ...at, message: `"${id}" is no id`, advice: 'lower case words joined by hyphens' });
  const header = schema.safeParse(values);
  for (const issue of header.error?.issues ?? []) {
    const key = String(issue.path[0] ?? '');
    const message = `header${key === '' ? '' : ` "${key}"`}: ${issue.message}`;
    problems.push({ ...at, line: lines[key] ?? 1, message, advice });
  }
  return { header: header.success ? header.data : null, id, text, lines, problems };
}

/** The comment lines at the top, up to the first line that is none. */
function readHeader(text: string): { values: Record<string, unknown>; lines: Record<string, number> } {
  const values: Record<string, unknown> = {};
  const lines: Record<string, number> = {};
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^-- ([a-z_]+):\s*(.*?)\s*$/.exec(line);
    if (!match) {
      if (line.startsWith('--') || line.trim() === '') continue;
      break;
    }
    const [, key, value] = match as unknown as [string, string, string];
    lines[key] = index + 1;
    values[key] = LISTS.has(key)
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '' && part !== 'none')
      : value;
  }
  return { values, lines };
}

/** {name:Type} outside comments. */
function findQueryParameters(text: string, file: string): QueryParameter[] {
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/--.*$/, '');
    return [...code.matchAll(/\{\s*([A-Za-z_]\w*)\s*:\s*([A-Za-z0-9_()]+)\s*\}/g)].map((match) => ({
      file,
      line: index + 1,
      column: match.index + 1,
      name: match[1]!,
      type: match[2]!,
    }));
  });
}
