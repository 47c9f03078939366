import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cgroups, containerOfPath } from './cgroups.js';

const [ONE, TWO] = ['1'.repeat(64), '2'.repeat(64)];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stowaway-cgroups-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test.each([
  [`/docker/${ONE}`, ONE],
  [`/system.slice/docker-${ONE}.scope`, ONE],
  [`/libpod_parent/libpod-${ONE}/container`, ONE],
  [`/docker/${ONE}/docker/${TWO}`, TWO],
  ['/init.scope', ''],
  [`/docker/${ONE}f`, ''],
])('%s', (path, container) => {
  expect(containerOfPath(path)).toBe(container);
});

test('a cgroup that is there is found, one that was told is known when it is gone', () => {
  const folder = join(root, 'docker', ONE);
  mkdirSync(folder, { recursive: true });
  const cgroups = new Cgroups(root);
  expect(cgroups.containerOf(String(statSync(folder).ino), 0)).toBe(ONE);
  cgroups.note('424242', `/docker/${TWO}`, false);
  expect(cgroups.containerOf('424242', 0)).toBe(TWO);
});

test('a path that was cut decides nothing', () => {
  const cgroups = new Cgroups(root);
  cgroups.note('424242', '/kubepods.slice/cri-containerd-22', true);
  expect(cgroups.containerOf('424242', 0)).toBe('');
  cgroups.note('424242', `/docker/${TWO}`, false);
  expect(cgroups.containerOf('424242', 0)).toBe(TWO);
});
