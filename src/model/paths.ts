import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: content (strategies, sources, schema, intel) lies beside dist/ or src/. */
export const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const contentFolder = (name: 'strategies' | 'sources' | 'schema' | 'intel' | 'demo'): string =>
  join(PACKAGE_ROOT, name);
