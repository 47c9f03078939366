import { stat } from 'node:fs/promises';
import { walk } from '../ingest/walk.js';
import { fileKey } from './tailed-file.js';

/** A file as it was found under a path that is tailed. */
export interface Found {
  path: string;
  size: number;
  mtimeMs: number;
}

/** Everything under a path, a folder or a pattern, by device and inode; and what could not be looked at. */
export async function findFiles(path: string): Promise<{ found: Map<string, Found>; problems: string[] }> {
  const { files, problems } = await walk([path]);
  const found = new Map<string, Found>();
  for (const file of files) {
    const info = await stat(file.path, { bigint: true }).catch(() => null);
    if (!info) continue;
    const key = fileKey(info.dev, info.ino);
    const one = { path: file.path, size: Number(info.size), mtimeMs: Number(info.mtimeNs) / 1e6 };
    if (!found.has(key)) found.set(key, one);
  }
  return { found, problems: problems.map(({ where, what, advice }) => `${where}: ${what}; ${advice}`) };
}
