import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { type Emulation, readEmulationsOf, recordingsOf } from '../model/emulation.js';
import { ContentError } from '../model/front-matter.js';
import {
  readStrategyFolder,
  repeatedIds,
  type StrategyFolder,
  strategyFolders,
} from '../model/strategies.js';
import {
  type ContentProblem,
  type PlacedYaml,
  problemsOf,
  readPlacedYaml,
  throwProblems,
} from '../model/strategy-places.js';
import { type AdsDocument, parseAds } from './document.js';
import { type Playbook, playbookFile } from './playbook.js';
import { type Requirement, readRequirements } from './requirements.js';
import { type Scenario, scenarioFile, scenarioKind } from './scenario.js';

/** Everything one strategy folder says, as read; parts that could not be read are null and told in `problems`. */
export interface Ads extends StrategyFolder {
  id: string;
  document: AdsDocument;
  playbook: Playbook | null;
  playbookYaml: PlacedYaml;
  scenarios: Scenario[];
  emulations: Emulation[];
  /** What the emulations' recordings must still yield; beside the scenarios, and without bullets of their own. */
  recordings: Scenario[];
  /** What a strategy of this technique promises; empty where requirements.yaml says nothing of it. */
  requirements: Requirement[];
}

/** @throws ContentError when a part of a folder cannot be read; `lintStrategies` collects the same instead */
export async function readAllAds(...roots: string[]): Promise<Ads[]> {
  const all = (await Promise.all(roots.map(readAdsLeniently))).flat();
  throwProblems([...all.flatMap((ads) => ads.problems), ...repeatedIds(all)]);
  return all.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export async function readAdsLeniently(root: string): Promise<Ads[]> {
  const [folders, promised] = await Promise.all([strategyFolders(root), readRequirements(root)]);
  return Promise.all(
    folders.map(async (folder, index) => {
      const ads = await readAds(folder, root);
      const requirements = promised.requirements.filter((each) => each.technique === ads.strategy?.technique);
      const problems = index === 0 ? [...promised.problems, ...ads.problems] : ads.problems;
      return { ...ads, requirements, problems };
    }),
  );
}

/** `root` is the folder that holds `_shared`. */
async function readAds(folder: string, root: string): Promise<Omit<Ads, 'requirements'>> {
  const base = await readStrategyFolder(folder, root);
  const problems = [...base.problems];
  const document = parseAds(base.body, base.bodyLine);
  const playbook = await readYaml(join(folder, 'playbook.yaml'), playbookFile, problems);
  const scenarios = await readScenarios(join(folder, 'scenarios'), problems);
  const emulations = await readAllEmulations(folder, problems);
  const backgrounds = await readAllEmulations(join(root, '_shared'), problems);
  const recordings = (await Promise.all([...emulations, ...backgrounds].map(recordedScenarios))).flat();
  return {
    ...base,
    id: basename(folder),
    document,
    playbook: playbook.value,
    playbookYaml: playbook.yaml,
    scenarios,
    emulations,
    recordings,
    problems,
  };
}

async function readAllEmulations(folder: string, problems: ContentProblem[]): Promise<Emulation[]> {
  try {
    return await readEmulationsOf(folder);
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    const advice = 'docs/emulate.md says what an emulation holds';
    problems.push({ file: join(folder, 'emulations'), line: 1, column: 1, message: error.message, advice });
    return [];
  }
}

/** An emulation's expectation, held against what sensors once said of it. */
async function recordedScenarios(emulation: Emulation): Promise<Scenario[]> {
  const recordings = await recordingsOf(emulation);
  return recordings.map(({ engine, folder, config }) => ({
    id: `${emulation.id} (recorded, ${engine})`,
    kind: emulation.expect.findings.length > 0 ? 'fires' : 'quiet',
    folder,
    file: join(emulation.folder, 'emulation.yaml'),
    sentence: emulation.title,
    origin: 'recorded',
    inputs: ['logs'],
    baseline: [],
    intel: [],
    ...(config !== null && { config }),
    flags: { container_cidr: [] },
    expect: { ...emulation.expect, quiet: [], lossy: false },
    isEmulation: true,
  }));
}

async function readScenarios(folder: string, problems: ContentProblem[]): Promise<Scenario[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const scenarios: Scenario[] = [];
  for (const id of entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()) {
    const file = join(folder, id, 'scenario.yaml');
    const kind = scenarioKind(id);
    if (!kind) {
      const message = `scenario "${id}" says neither fires-, quiet- nor misses-`;
      problems.push({
        file,
        line: 1,
        column: 1,
        message,
        advice: 'name it after what it shows, e.g. quiet-when-a-backup-runs',
      });
      continue;
    }
    const read = await readYaml(file, scenarioFile, problems);
    if (read.value)
      scenarios.push({ ...read.value, id, kind, folder: join(folder, id), file, isEmulation: false });
  }
  return scenarios;
}

async function readYaml<T extends z.ZodType>(
  file: string,
  schema: T,
  problems: ContentProblem[],
): Promise<{ value: z.output<T> | null; yaml: PlacedYaml }> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  const yaml = readPlacedYaml(isThere ? await readFile(file, 'utf8') : '', file);
  if (!isThere) {
    problems.push({ file, line: 1, column: 1, message: 'missing file', advice: `write ${basename(file)}` });
    return { value: null, yaml };
  }
  if (yaml.problem) {
    problems.push(yaml.problem);
    return { value: null, yaml };
  }
  const checked = schema.safeParse(yaml.value);
  if (!checked.success) problems.push(...problemsOf(checked.error, yaml));
  return { value: checked.success ? checked.data : null, yaml };
}
