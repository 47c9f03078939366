import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { contentFolder } from '../src/model/paths.js';
import { Hunts, hunt } from '../src/pipeline.js';
import type { Store } from '../src/store/store.js';
import { root } from './recorded.js';

const STRATEGY = 'T1567.001-exfiltration-to-code-repository';
const only = [STRATEGY];
const logsOf = (scenario: string): string[] => [
  join(contentFolder('strategies'), STRATEGY, 'scenarios', scenario),
];
const PUSHED = logsOf('fires-on-a-push-by-ssh-to-an-unlisted-code-host');
/** Containers, their commands and connections. */
const RECORDED = [join(root, 'demo/recordings/a-http-upload')];

/** All that is told of a hunt, as JSON has it. */
const told = ({ report, problems, assumptions, deadLetters, clocks, beacons }: HuntResult): unknown =>
  JSON.parse(JSON.stringify({ report, problems, assumptions, deadLetters, clocks, beacons }));

test('a hunt tells after others, or after one that failed, what it tells alone', async () => {
  const alone = told(await hunt(PUSHED, { only }));
  await using hunts = new Hunts();
  await hunts.hunt(RECORDED, { only });
  expect(told(await hunts.hunt(PUSHED, { only }))).toEqual(alone);
  const inspect = (): Promise<void> => Promise.reject(new Error('the disk is full'));
  await expect(hunts.hunt(RECORDED, { only, inspect })).rejects.toThrow('the disk is full');
  expect(told(await hunts.hunt(PUSHED, { only }))).toEqual(alone);
});

test('rows at a location of one’s own stay there; a folder of ours goes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-hunts-'));
  const rows: number[] = [];
  const inspect = async (store: Store): Promise<void> => {
    rows.push((await store.rows<{ n: number }>('SELECT count() AS n FROM network_activity'))[0]!.n);
  };
  {
    await using hunts = new Hunts({}, { path: join(folder, 'store') });
    await hunts.hunt(PUSHED, { only, inspect });
    await hunts.hunt(logsOf('quiet-clone-and-pull'), { only, inspect });
  }
  expect(rows[1]).toBeGreaterThan(rows[0]!);
  expect(await readdir(folder)).toEqual(['store']);
  await rm(folder, { recursive: true });
});
