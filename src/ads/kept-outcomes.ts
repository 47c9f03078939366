import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { ContentError } from '../model/front-matter.js';
import { contentFolder } from '../model/paths.js';
import type { Ads } from './folder.js';
import type { ScenarioOutcome } from './test.js';

/** What scenarios came to when they last ran, which takes minutes: written by `ads test --keep`, read by `serve`. */
export const KEPT_OUTCOMES = 'scenario-outcomes.json';

/** `other inputs`: the strategy, or what its scenarios depend on, has changed since; then nothing is known. */
export type Currency = 'current' | 'other inputs' | 'not tested';

/** What is known of a strategy's scenarios. */
export interface Validation {
  strategy: string;
  currency: Currency;
  /** When they last ran, ISO 8601 UTC, and by which version; null where nothing is kept. */
  at: string | null;
  version: string | null;
  /** Empty unless current. */
  outcomes: KeptOutcome[];
}

const keptOutcome = z.object({
  scenario: z.string(),
  passed: z.boolean(),
  reasons: z.array(z.string()),
  sources: z.array(z.string()),
});
export type KeptOutcome = z.infer<typeof keptOutcome>;

const keptFile = z.object({
  version: z.literal(1),
  strategies: z.record(
    z.string(),
    z.object({
      inputs: z.string(),
      at: z.iso.datetime(),
      version: z.string(),
      outcomes: z.array(keptOutcome),
    }),
  ),
});
type KeptFile = z.infer<typeof keptFile>;

const rootOf = ({ folder }: Ads): string => dirname(folder);
const rootsOf = (all: readonly Ads[]): string[] => [...new Set(all.map(rootOf))];

/** Ours stand in docs/, those of a folder of somebody's own in that folder. */
const fileOf = (root: string): string =>
  join(root === contentFolder('strategies') ? contentFolder('docs') : root, KEPT_OUTCOMES);

/**
 * Keeps outcomes of those strategies of which every scenario ran; what is kept of others stays.
 *
 * @returns the files written
 */
export async function keepOutcomes(
  all: readonly Ads[],
  outcomes: readonly ScenarioOutcome[],
  { version, now = () => new Date() }: { version: string; now?: () => Date },
): Promise<string[]> {
  const inputs = await hashInputs(all);
  const whole = all.filter((ads) => {
    const own = outcomes.filter(({ strategy }) => strategy === ads.id);
    return own.length > 0 && own.length === ads.scenarios.length + ads.recordings.length;
  });
  return Promise.all(
    rootsOf(whole).map(async (root) => {
      const { strategies } = await readKept(root);
      for (const { id } of whole.filter((ads) => rootOf(ads) === root))
        strategies[id] = {
          ...{ inputs: inputs.get(id)!, at: now().toISOString(), version },
          outcomes: outcomes
            .filter(({ strategy }) => strategy === id)
            .map(({ scenario, passed, reasons, sources }) => ({ scenario, passed, reasons, sources })),
        };
      const file = fileOf(root);
      const sorted = Object.fromEntries(Object.entries(strategies).sort(([a], [b]) => (a < b ? -1 : 1)));
      await writeFile(file, `${JSON.stringify({ version: 1, strategies: sorted }, null, 1)}\n`);
      return file;
    }),
  );
}

/** @throws ContentError when a file is there and holds something else */
export async function readValidations(all: readonly Ads[]): Promise<Validation[]> {
  const [inputs, kept] = await Promise.all([
    hashInputs(all),
    Promise.all(rootsOf(all).map(async (root) => [root, await readKept(root)] as const)),
  ]);
  const files = new Map(kept);
  return all.map((ads) => {
    const own = files.get(rootOf(ads))!.strategies[ads.id];
    if (!own) return { strategy: ads.id, currency: 'not tested', at: null, version: null, outcomes: [] };
    const isCurrent = own.inputs === inputs.get(ads.id);
    return {
      ...{ strategy: ads.id, at: own.at, version: own.version },
      currency: isCurrent ? 'current' : 'other inputs',
      outcomes: isCurrent ? own.outcomes : [],
    };
  });
}

async function readKept(root: string): Promise<KeptFile> {
  const file = fileOf(root);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return { version: 1, strategies: {} };
  try {
    return keptFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new ContentError(`${file} holds no outcomes of scenarios: write it again with ads test --keep`, {
      cause,
    });
  }
}

/** What a responder does, and what only a server keeps: no scenario depends on it. */
const NO_INPUT = /(^|\/)playbook\.yaml$|^live\//;

/** By strategy, a hash of the content that its scenarios depend on. */
async function hashInputs(all: readonly Ads[]): Promise<Map<string, string>> {
  const ours = await hashFolders([
    ...(['sources', 'schema', 'intel', 'demo'] as const).map(contentFolder),
    join(contentFolder('strategies'), '_shared'),
  ]);
  const hashes = all.map(async ({ id, folder }) => {
    const own = await hashFolders([join(dirname(folder), '_shared'), folder]);
    return [id, createHash('sha256').update(ours).update(own).digest('hex').slice(0, 16)] as const;
  });
  return new Map(await Promise.all(hashes));
}

/** Of names and content, wherever the folders lie. */
async function hashFolders(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const name of await filesIn(folder))
      hash
        .update(`${name}\0`)
        .update(await readFile(join(folder, name)))
        .update('\0');
  return hash.digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !NO_INPUT.test(name))
    .sort();
}
