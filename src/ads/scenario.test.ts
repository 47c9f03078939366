import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentFolder, PACKAGE_ROOT } from '../model/paths.js';
import { scenarioFile, scenarioKind } from './scenario.js';

/** What is in a compressed file counts; how it is compressed may differ between versions of zlib. */
async function readWhole(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

describe('scenarios', () => {
  it('take their kind from the first word of their name', () => {
    expect(
      ['fires-on-x', 'quiet-when-y', 'misses-z', 'other-z', 'fires', 'Fires-on-x'].map(scenarioKind),
    ).toEqual(['fires', 'quiet', 'misses', null, null, null]);
  });

  it('refuse a key nobody reads', () => {
    const file = {
      sentence: 'x',
      origin: 'written',
      inputs: ['conn.log'],
      expect: { findings: [], min_score: 1 },
    };
    expect(scenarioFile.safeParse(file).success).toBe(false);
  });

  it('lie there as scripts/make-scenarios.mjs writes them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'scenarios-'));
    execFileSync(process.execPath, [join(PACKAGE_ROOT, 'scripts/make-scenarios.mjs'), folder]);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
    expect(files.length).toBeGreaterThan(40);
    for (const file of files) {
      const [written, committed] = await Promise.all(
        [folder, contentFolder('strategies')].map((root) => readWhole(join(root, file))),
      );
      expect(written!.equals(committed!), file).toBe(true);
    }
    await rm(folder, { recursive: true });
  });
});
