import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { contentFolder } from './paths.js';
import type { Analytic, Probe, Strategy } from './strategy.js';
import {
  type ContentProblem,
  type PlacedYaml,
  problemsOf,
  readPlacedYaml,
  throwProblems,
} from './strategy-places.js';
import { type AnalyticFile, readAnalytic, readProbe } from './strategy-queries.js';
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
 * Every strategy under the folders, by id. A folder whose name starts with "_" or "." is none.
 *
 * @throws ContentError naming file:line:column of every mistake in front matter and analytics headers
 */
export async function readStrategies(...roots: string[]): Promise<Strategy[]> {
  const folders = await Promise.all(
    roots.map(async (root) =>
      Promise.all((await strategyFolders(root)).map((folder) => readStrategyFolder(folder, root))),
    ),
  );
  throwProblems(folders.flat().flatMap((folder) => folder.problems));
  const strategies = folders.flat().flatMap((folder) => folder.strategy ?? []);
  throwProblems(repeatedIds(strategies));
  return strategies.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** An id names one strategy, wherever it lies. */
export function repeatedIds(all: readonly { id: string; file: string }[]): ContentProblem[] {
  return all.flatMap(({ id, file }, index) => {
    const first = all.findIndex((other) => other.id === id);
    return first === index
      ? []
      : [at(file, `strategy "${id}" is in ${all[first]!.file} as well`, 'rename one of the folders')];
  });
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
  const front = checked?.data;
  // A folder of one's own may use what ours share.
  const shared = (kind: string) =>
    [root, contentFolder('strategies')].map((each) => join(each, SHARED_FOLDER, kind));
  const queries = async (kind: 'analytics' | 'probes', key: 'shared' | 'sharedProbes') => [
    ...(await sqlFiles(join(folder, kind))),
    ...(await sharedFiles(shared(kind), key, front?.[key] ?? [], yaml, problems)),
  ];
  const analytics = await Promise.all((await queries('analytics', 'shared')).map(readAnalytic));
  const probes = await Promise.all((await queries('probes', 'sharedProbes')).map(readProbe));
  problems.push(...[...analytics, ...probes].flatMap((query) => query.problems));
  return {
    folder,
    file,
    strategy: front
      ? toStrategy(
          front,
          folder,
          file,
          analytics,
          probes.flatMap(({ probe }) => probe ?? []),
        )
      : null,
    frontMatter: yaml,
    body: text.slice(fence?.[0].length ?? 0),
    bodyLine: fence?.[0].split('\n').length ?? 1,
    analytics,
    problems,
  };
}

async function sqlFiles(folder: string): Promise<string[]> {
  const names = (await exists(folder)) ? await readdir(folder) : [];
  return names
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => join(folder, name));
}

/** Files of the ids a strategy names under `key`, each from the first folder that has it; one that none has is a problem. */
async function sharedFiles(
  folders: readonly string[],
  key: string,
  ids: readonly string[],
  yaml: PlacedYaml,
  problems: ContentProblem[],
): Promise<string[]> {
  const files: string[] = [];
  for (const [index, id] of ids.entries()) {
    const candidates = folders.map((folder) => join(folder, `${id}.sql`));
    const isThere = await Promise.all(candidates.map(exists));
    const file = candidates[isThere.indexOf(true)];
    if (file !== undefined) files.push(file);
    else {
      const message = `no ${id}.sql in ${SHARED_FOLDER}/${basename(folders[0]!)}`;
      const advice = `write the file or take the name out of ${key}`;
      problems.push({ ...yaml.at([key, index]), message, advice });
    }
  }
  return files;
}

function toStrategy(
  front: StrategyFrontMatter,
  folder: string,
  file: string,
  files: AnalyticFile[],
  probes: Probe[],
): Strategy {
  const { parameters, priority, carries, parent, ...rest } = front;
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
    probes: probes.sort((a, b) => (a.id < b.id ? -1 : 1)),
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
