import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentError } from '../model/front-matter.js';
import { contentFolder } from '../model/paths.js';
import { SLUG } from '../model/strategy-schema.js';
import { ATTACK_RELEASE, parentOf, TACTICS } from '../output/attack.js';

export interface Scaffold {
  technique: string;
  /** What the container does, in lower case words joined by hyphens, such as sends-mail. */
  name: string;
  /** Folder of strategies it goes into; made when it is not there. */
  into: string;
  tactic: string;
  /** MITRE's ids, where they were looked up. */
  detectionStrategy?: string;
  analytic?: string;
}

/**
 * Writes a strategy that lints and passes its own scenarios, to be changed piece by piece.
 *
 * @returns its folder
 * @throws ContentError when the names are none, or when there is such a folder already
 */
export async function scaffoldStrategy(wanted: Scaffold): Promise<string> {
  const { technique, name, into, tactic } = wanted;
  if (!/^T\d{4}(\.\d{3})?$/.test(technique))
    throw new ContentError(`${technique} is no technique such as T1048`);
  if (!SLUG.test(name))
    throw new ContentError(`${name}: write lower case words joined by hyphens, such as sends-mail`);
  if (!TACTICS.has(tactic))
    throw new ContentError(`${tactic} is no tactic; there are ${[...TACTICS.keys()].join(', ')}`);
  const folder = join(into, `${technique}-${name}`);
  if (await isFilled(folder)) throw new ContentError(`${folder} is there already`);
  const parent = parentOf(technique);
  const values: Record<string, string> = {
    technique,
    title: `Container ${name.replaceAll('-', ' ')}`,
    parent: parent === technique ? '' : `parent: ${parent}\n`,
    tactic,
    tactic_id: TACTICS.get(tactic)!,
    release: ATTACK_RELEASE,
    detection_strategy: wanted.detectionStrategy ?? 'DET0000',
    mitre_analytic: wanted.analytic ?? 'AN0000',
    technique_path: technique.replace('.', '/'),
  };
  const template = join(contentFolder('strategies'), '_template');
  for (const path of await readdir(template, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const from = join(path.parentPath, path.name);
    const to = join(folder, from.slice(template.length));
    const text = await readFile(from, 'utf8');
    await mkdir(dirname(to), { recursive: true });
    await writeFile(
      to,
      text.replace(/\{\{([a-z_]+)\}\}/g, (all, key: string) => values[key] ?? all),
    );
  }
  return folder;
}

const isFilled = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (names) => names.length > 0,
    () => false,
  );
