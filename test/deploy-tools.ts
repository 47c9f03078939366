import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './recorded.js';

/** What the tests of the files under deploy/ share: the files, and the tools that read them. */
export const deploy = (...names: string[]): string => join(root, 'deploy', ...names);
export const read = (...names: string[]): string => readFileSync(deploy(...names), 'utf8');

/** Says aloud why a tool's part is skipped; in CI, where everything can be had, that is a failure. */
export function tool(name: string, find: () => string | null): string | null {
  const path = find();
  if (path !== null) return path;
  if (process.env.CI && process.getuid?.() === 0) throw new Error(`${name} is not here, in CI`);
  console.log(`SKIP: what needs ${name}`);
  return null;
}

export const isHere = (program: string): string | null =>
  spawnSync(program, ['--version']).status === 0 ? program : null;
