import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContentError } from './front-matter.js';
import { contentFolder } from './paths.js';
import { readStrategies } from './strategies.js';

const STRATEGY = 'T1020-automated-exfiltration';

describe('readStrategies', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'strategies-'));
    for (const name of [STRATEGY, '_shared'])
      await cp(join(contentFolder('strategies'), name), join(root, name), { recursive: true });
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  const replace = async (file: string, from: string, to: string): Promise<void> => {
    const path = join(root, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  };

  it('reads front matter, own and shared analytics', async () => {
    const [strategy] = await readStrategies(root);
    expect(strategy).toMatchObject({
      id: STRATEGY,
      technique: 'T1020',
      openAt: 0.6,
      openAtSingleClass: 0.85,
    });
    expect(strategy!.analytics.map((each) => each.id)).toEqual(
      expect.arrayContaining(['periodic-upload', 'exec-before-upload']),
    );
    expect(strategy!.parameters[0]).toMatchObject({ name: 'beats_min', type: 'UInt32', range: [4, 1000] });
    expect(strategy!.probes[0]).toMatchObject({ id: 'attribution-rate', whenNotOk: 'degraded' });
    expect(strategy!.carries['E4.6']).toEqual(['fires-on-ftp-upload']);
  });

  it('names the place of each mistake in front matter and headers', async () => {
    await replace(`${STRATEGY}/strategy.md`, 'technique: T1020', 'technique: 1020');
    await replace(`${STRATEGY}/analytics/ftp-upload.sql`, '-- role: trigger', '-- role: main');
    const error = await readStrategies(root).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ContentError);
    expect(String(error)).toContain('strategy.md:3:12: technique: ');
    expect(String(error)).toContain('analytics/ftp-upload.sql:3:1: header "role": ');
  });

  it('names a shared analytic or probe that is not there', async () => {
    await replace(`${STRATEGY}/strategy.md`, 'shared: [first-seen-destination,', 'shared: [nowhere,');
    await expect(readStrategies(root)).rejects.toThrow(
      /strategy\.md:\d+:10: no nowhere\.sql in _shared\/analytics/,
    );
    await replace(`${STRATEGY}/strategy.md`, 'intel-fresh,', 'intel-stale,');
    await expect(readStrategies(root)).rejects.toThrow(/no intel-stale\.sql in _shared\/probes/);
  });

  it('refuses a file without front matter and one that is no YAML', async () => {
    await writeFile(join(root, STRATEGY, 'strategy.md'), '# nothing\n');
    await expect(readStrategies(root)).rejects.toThrow(/strategy\.md:1:1: no front matter/);
    await writeFile(join(root, STRATEGY, 'strategy.md'), '---\ntitle: [\n---\n');
    await expect(readStrategies(root)).rejects.toThrow(/strategy\.md:\d+:\d+: not YAML/);
  });
});
