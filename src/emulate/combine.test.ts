import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Emulation, readEmulations } from '../model/emulation.js';
import { PACKAGE_ROOT } from '../model/paths.js';
import { combine } from './combine.js';

const all = await readEmulations(join(PACKAGE_ROOT, 'strategies'));
const named = (id: string): Emulation => all.find((one) => one.id === id)!;
const background = named('background');

test('an emulation can run inside the background unless it needs one of its addresses for another service', () => {
  const others = all.filter((one) => one.kind !== 'background');
  const refused = others.filter((one) => {
    try {
      const names = combine(background, [one]).containers.map((spec) => spec.name);
      expect(new Set(names).size).toBe(names.length);
      return false;
    } catch (error) {
      expect(String(error)).toMatch(/198\.51\.100\.(10:80 is http and tcp|13:5000 is http and registry)/);
      return true;
    }
  });
  expect(refused.map(({ id }) => id).sort()).toEqual([
    'build-and-push',
    'ci-build-and-push',
    'ci-podman-push',
    'ci-skopeo-copy',
    'curl-blob-download',
    'curl-blob-upload',
    'health-checks',
    'hidden-layer',
    'podman-push',
    'port-inventory',
    'skopeo-copy',
    'usual-layer',
  ]);
});

test('what talks to an inside address finds its own container there', () => {
  const one = named('report-to-an-inside-service');
  const combined = combine(background, [named('curl-put'), one]);
  const names = combined.containers.map((spec) => spec.name);
  // The first container gets .2.
  const address = `10.96.0.${names.indexOf('report-to-an-inside-service-reports') + 2}`;
  expect(JSON.stringify(combined.detonate)).toContain(`http://${address}/upload`);
  expect(JSON.stringify(combined.containers)).toContain('http://10.96.0.2:8080/health');
});

test('a step in a container that a step started keeps its name', () => {
  const text = JSON.stringify(combine(background, [named('changed-container')]).detonate);
  expect(text).toContain('"start":"shop-api"');
  expect(text).toContain('"exec":"shop-api"');
});
