import { expect, test } from 'vitest';
import type { Emulation } from '../model/emulation.js';
import { type EngineKind, LabUnavailable } from './lab/engine-kinds.js';
import type { Lab } from './lab/lab.js';
import { openLab } from './open-lab.js';

const spec = { name: 'app1', command: ['sleep'], network: 'workloads', volumes: [] as string[], labels: {} };
const emulation = { containers: [spec], warmup: [], detonate: [] } as unknown as Emulation;

/** A machine on which only these run. */
function machine(...running: EngineKind[]) {
  const tried: string[] = [];
  const open = async (kind: EngineKind = 'docker') => {
    tried.push(kind);
    if (running.includes(kind)) return { kind } as Lab;
    throw new LabUnavailable(`not on this machine: ${kind}`);
  };
  return { tried, open };
}

test('the first that can run is taken, aloud, and those before it are not tried again', async () => {
  const { tried, open } = machine('netns');
  const engines: EngineKind[] = ['docker', 'podman', 'netns'];
  const said: string[] = [];
  const say = (what: string) => said.push(what);
  expect((await openLab(emulation, engines, say, open)).kind).toBe('netns');
  expect(said).toContain('docker cannot run here (not on this machine: docker); podman is tried');
  expect(said.at(-1)).toBe('no engine: network namespaces without a way out play the containers');
  await openLab(emulation, engines, say, open);
  expect(tried).toEqual(['docker', 'podman', 'netns', 'netns']);
});

test('where nothing runs, it is said why of each', async () => {
  const { open } = machine();
  await expect(openLab(emulation, ['docker', 'podman'], () => undefined, open)).rejects.toThrow(
    new LabUnavailable('not on this machine: docker; not on this machine: podman'),
  );
});

test('what needs an engine does not begin without one', async () => {
  const { tried, open } = machine('netns');
  const needing = { ...emulation, containers: [{ ...spec, volumes: ['data:/data'] }] } as Emulation;
  await expect(openLab(needing, ['netns'], () => undefined, open)).rejects.toThrow(
    "needs an engine's volumes: network namespaces without an engine cannot play it",
  );
  expect(tried).toEqual([]);
});

test('another mistake is no reason to try the next', async () => {
  const open = async () => Promise.reject(new Error('the image cannot be packed'));
  await expect(openLab(emulation, ['docker', 'netns'], () => undefined, open)).rejects.toThrow('packed');
});
