import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ContentProblem, problemsOf, readPlacedYaml } from '../model/strategy-places.js';

/** One line of what a technique's strategy promises. */
export interface Requirement {
  id: string;
  technique: string;
  /** Short name, in our words. */
  name: string;
}

const requirementsFile = z.record(
  z.string().regex(/^T\d{4}(\.\d{3})?$/, 'an ATT&CK technique id such as T1567'),
  z.record(z.string().regex(/^E\d+\.\d+$/, 'a requirement id such as E1.1'), z.string().trim().min(1)),
);

/** requirements.yaml beside the strategies; a folder without one promises nothing beyond its own text. */
export async function readRequirements(
  root: string,
): Promise<{ requirements: Requirement[]; problems: ContentProblem[] }> {
  const file = join(root, 'requirements.yaml');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return { requirements: [], problems: [] };
  const yaml = readPlacedYaml(text, file);
  if (yaml.problem) return { requirements: [], problems: [yaml.problem] };
  const read = requirementsFile.safeParse(yaml.value);
  if (!read.success) return { requirements: [], problems: problemsOf(read.error, yaml) };
  const requirements = Object.entries(read.data).flatMap(([technique, promises]) =>
    Object.entries(promises).map(([id, name]) => ({ id, technique, name })),
  );
  return { requirements, problems: [] };
}
