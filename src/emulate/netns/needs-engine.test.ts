import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEmulations } from '../../model/emulation.js';
import { PACKAGE_ROOT } from '../../model/paths.js';
import { whyNeedsEngine } from './needs-engine.js';

const all = await readEmulations(join(PACKAGE_ROOT, 'strategies'));
const needs = Object.fromEntries(all.map((one) => [one.id, whyNeedsEngine(one)]));

test('volumes, images, copies and the socket are an engine’s', () => {
  expect(needs['shared-volume']).toBe("needs an engine's volumes");
  expect(needs['changed-container']).toBe("needs an engine's volumes, an engine's images");
  expect(needs['copy-into-containers']).toBe("needs copies through the engine's API");
  expect(needs['build-and-push']).toBe("needs the engine's socket");
});

test.each(['curl-put', 'backup-to-the-usual-bucket', 'http-loop', 'http-poll', 'pod-network', 'podman-push'])(
  '%s needs none',
  (id) => {
    expect(needs[id]).toBeNull();
  },
);

test('what is nested in other steps counts', () => {
  const [one] = all.filter(({ id }) => id === 'curl-put');
  const steps = [{ copyOut: 'app1', path: '/tmp' }];
  const nested = { ...one!, detonate: [{ together: [[{ repeat: 2, every: 1, steps }]] }] };
  expect(whyNeedsEngine(nested)).toBe("needs copies through the engine's API");
});
