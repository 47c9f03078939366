import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './recorded.js';

/** Runs the built command line. Not spawnSync: a server that is asked may run in this process. */
export function stowaway(
  words: string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<{ code: number | null; out: string; err: string }> {
  const main = join(root, 'dist', 'cli', 'main.js');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...words], { cwd, env: { ...process.env, ...env } });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece) => {
      out += piece;
    });
    child.stderr.on('data', (piece) => {
      err += piece;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
