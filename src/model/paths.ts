import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: content (strategies, sources, schema, intel) lies beside dist/ or src/. */
export const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const contentFolder = (
  name: 'strategies' | 'sources' | 'schema' | 'intel' | 'demo' | 'lab' | 'docs',
): string => join(PACKAGE_ROOT, name);

/** The version in package.json. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(join(PACKAGE_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
