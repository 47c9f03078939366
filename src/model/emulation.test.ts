import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readEmulations } from './emulation.js';
import { contentFolder } from './paths.js';
import { readStrategies } from './strategies.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function strategiesWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-emulation-'));
  folders.push(folder);
  const place = join(folder, 'T1-x', 'emulations', 'one');
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'emulation.yaml'), text);
  return folder;
}

const TWIN = `title: a twin
kind: twin
technique: T1567
shows: { requirement: [E1.1], sentence: a sentence }
does: something
differs: in nothing
safety: none needed
detonate:
  - { sleep: 1 }
expect: {}
`;

test('every emulation of the product is read, and shows a requirement its strategy carries', async () => {
  const emulations = await readEmulations(contentFolder('strategies'));
  const strategies = await readStrategies(contentFolder('strategies'));
  expect(emulations.length).toBeGreaterThan(20);
  for (const one of emulations) {
    const strategy = strategies.find((each) => each.id === one.strategy);
    const known = strategies.map((each) => each.id);
    for (const each of [...one.expect.findings, ...one.expect.suppressed])
      expect(known).toContain(each.strategy);
    for (const id of strategy ? one.shows.requirement : [])
      expect(Object.keys(strategy!.carries), one.id).toContain(id);
  }
});

test('a mistake is told with its place', async () => {
  const folder = await strategiesWith(TWIN.replace('sleep: 1', 'sleep: -1'));
  await expect(readEmulations(folder)).rejects.toThrow(/emulation\.yaml:9:\d+: detonate\.0/);
});

test('destinations outside the documentation range are refused', async () => {
  const folder = await strategiesWith(`${TWIN}services: [{ kind: http, address: 1.1.1.1, port: 80 }]\n`);
  await expect(readEmulations(folder)).rejects.toThrow('198.51.100.10');
});

test('an attack needs a twin that exists', async () => {
  const attack = TWIN.replace('kind: twin', 'kind: attack\ntwin: nobody');
  await expect(readEmulations(await strategiesWith(attack))).rejects.toThrow('twin nobody is no emulation');
});
