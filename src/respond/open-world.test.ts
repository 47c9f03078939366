import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scaffoldStrategy } from '../ads/scaffold.js';
import { DEFAULT_CONFIG } from '../model/config.js';
import { openWorld } from './open-world.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'world-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('playbooks of strategies of one’s own stand beside ours', async () => {
  const into = join(folder, 'own');
  await scaffoldStrategy({ technique: 'T1048.003', name: 'sends-mail', into, tactic: 'exfiltration' });
  const [own, ours] = ['T1048.003-sends-mail', 'T1567-exfiltration-over-web-service'];
  const beside = await openWorld(join(folder, 'state'), DEFAULT_CONFIG.respond, [into]);
  expect((await beside.playbookOf(own))?.steps.length).toBeGreaterThan(0);
  expect((await beside.playbookOf(ours))?.steps.length).toBeGreaterThan(0);
  const without = await openWorld(join(folder, 'state'), DEFAULT_CONFIG.respond);
  expect(await without.playbookOf(own)).toBeNull();
});
