import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Analytic, Strategy } from './strategy.js';
import { type AnalyticFile, readAnalytic } from './strategy-analytic.js';
import {
  type ContentProblem,
  type PlacedYaml,
  problemsOf,
  readPlacedYaml,
  throwProblems,
} from './strategy-places.js';
import { type StrategyFrontMatter, strategyFrontMatter } from './strategy-schema.js';

/** Folder beside the strategies that holds what several of them share. */
const SHARED_FOLDER = '_shared';

/** A strategy folder as read, complete or not: what `ads lint` needs to tell everything that is wrong with it. */
export interface StrategyFolder {
  folder: string;
  file: string;
  /** Null when the front matter could not be read. */
  strategy: Strategy | null;
  frontMatter: PlacedYaml;
  body: string;
  bodyLine: number;
  analytics: AnalyticFile[];
  problems: ContentProblem[];
}

/**
 * Every strategy under `root`, by id. A folder whose name starts with "_" or "." is none.
 *
 * @throws ContentError naming file:line:column of every mistake in front matter and analytics headers
 */
export async function readStrategies(root: string): Promise<Strategy[]> {
  const folders = await Promise.all(
    (await strategyFolders(root)).map((folder) => readStrategyFolder(folder, root)),
  );
  throwProblems(folders.flatMap((folder) => folder.problems));
  return folders.flatMap((folder) => folder.strategy ?? []);
}

export async function strategyFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !/^[._]/.test(entry.name))
    .map((entry) => join(root, entry.name))
    .sort();
}

/** Reads one folder and collects its problems instead of throwing. `root` holds `_shared`. */
export async function readStrategyFolder(folder: string, root: string): Promise<StrategyFolder> {
  const file = join(folder, 'strategy.md');
  if (!(await exists(file))) return absent(folder, file);
  const text = await readFile(file, 'utf8');
  const fence = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text);
  const yaml = readPlacedYaml(fence?.[1] ?? '', file, 1);
  const problems: ContentProblem[] = [];
  if (!fence) problems.push(at(file, 'no front matter', 'start the file with --- YAML ---'));
  if (yaml.problem) problems.push(yaml.problem);
  const checked = fence && !yaml.problem ? strategyFrontMatter.safeParse(yaml.value) : null;
  if (checked && !checked.success) problems.push(...problemsOf(checked.error, yaml));
  const analytics = await readAnalytics(folder, root, checked?.data?.shared ?? [], yaml, problems);
  problems.push(...analytics.flatMap((analytic) => analytic.problems));
  return {
    folder,
    file,
    strategy: checked?.data ? toStrategy(checked.data, folder, file, analytics) : null,
    frontMatter: yaml,
    body: text.slice(fence?.[0].length ?? 0),
    bodyLine: fence?.[0].split('\n').length ?? 1,
    analytics,
    problems,
  };
}

async function readAnalytics(
  folder: string,
  root: string,
  shared: readonly string[],
  yaml: PlacedYaml,
  problems: ContentProblem[],
): Promise<AnalyticFile[]> {
  const own = join(folder, 'analytics');
  const names = (await exists(own))
    ? (await readdir(own)).filter((name) => name.endsWith('.sql')).sort()
    : [];
  const files = names.map((name) => join(own, name));
  for (const [index, id] of shared.entries()) {
    const file = join(root, SHARED_FOLDER, 'analytics', `${id}.sql`);
    if (await exists(file)) files.push(file);
    else {
      const message = `no analytic "${id}" in ${SHARED_FOLDER}/analytics`;
      problems.push({
        ...yaml.at(['shared', index]),
        message,
        advice: 'write the file or take the name out of shared',
      });
    }
  }
  return Promise.all(files.map(readAnalytic));
}

function toStrategy(
  front: StrategyFrontMatter,
  folder: string,
  file: string,
  files: AnalyticFile[],
): Strategy {
  const { parameters, priority, probes, carries, parent, ...rest } = front;
  return {
    ...rest,
    ...(parent === undefined ? {} : { parent }),
    id: basename(folder),
    parameters: Object.entries(parameters).map(([name, { range, mitre, ...parameter }]) => ({
      name,
      ...parameter,
      ...(range === undefined ? {} : { range }),
      ...(mitre === undefined ? {} : { mitre }),
    })),
    priority: priority.map((level) => withoutUndefined(level)),
    probes: probes.map(({ when_not_ok: whenNotOk, ...probe }) => ({ ...probe, whenNotOk })),
    carries: Object.fromEntries(Object.entries(carries).map(([id, target]) => [id, [target].flat()])),
    analytics: files
      .flatMap((each): Analytic[] => (each.analytic ? [each.analytic] : []))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    folder,
    file,
  };
}

/** zod types an absent key as `undefined`; the model does not allow one that is present and undefined. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

function absent(folder: string, file: string): StrategyFolder {
  const problems = [at(file, 'no strategy.md in this folder', 'write it, or start the folder name with "_"')];
  return {
    folder,
    file,
    strategy: null,
    frontMatter: readPlacedYaml('', file),
    body: '',
    bodyLine: 1,
    analytics: [],
    problems,
  };
}

function at(file: string, message: string, advice: string): ContentProblem {
  return { file, line: 1, column: 1, message, advice };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
