import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProgram } from '../host/programs.js';
import { runProgram as run } from '../host/run.js';
import { KernelSettings, restoreAbandoned } from './kernel-settings.js';

const NETNS = `swset-${process.pid}`;
const SETTING = 'net/ipv4/ip_default_ttl';
const canMakeNamespaces =
  process.getuid?.() === 0 && findProgram('ip') !== null && findProgram('nsenter') !== null;
if (!canMakeNamespaces) console.log('SKIP: kernel settings are not tested: needs root, ip and nsenter');

describe.skipIf(!canMakeNamespaces)('settings of a network namespace', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stowaway-settings-'));
    await run(['ip', 'netns', 'add', NETNS]);
  });
  afterEach(async () => {
    await run(['ip', 'netns', 'del', NETNS]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('are changed, noted and put back', async () => {
    const settings = new KernelSettings(NETNS, folder);
    await settings.change({ [SETTING]: '99' });
    expect(await settings.read(SETTING)).toBe('99');
    expect(readdirSync(folder)).toHaveLength(1);
    await settings.putBack();
    expect(await settings.read(SETTING)).toBe('64');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that have their value already are left alone', async () => {
    const settings = new KernelSettings(NETNS, folder);
    await settings.change({ [SETTING]: '64' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a process that still runs are not touched; of one that is gone they are put back', async () => {
    const settings = new KernelSettings(NETNS, folder);
    await settings.change({ [SETTING]: '99' });
    expect(await restoreAbandoned(folder)).toEqual([]);
    const [name] = readdirSync(folder);
    const note = {
      pid: 2 ** 22 + 1,
      started: '1',
      netns: NETNS,
      netnsInode: -1,
      previous: { [SETTING]: '70' },
    };
    // Another namespace of the same name is not ours.
    writeFileSync(join(folder, name!), JSON.stringify(note));
    expect(await restoreAbandoned(folder)).toEqual([]);
    expect(await settings.read(SETTING)).toBe('99');
    writeFileSync(join(folder, 'sense-1-host.json'), '{ half');
    await settings.change({ [SETTING]: '98' });
    const { netnsInode } = JSON.parse((await run(['cat', join(folder, name!)])).stdout);
    writeFileSync(join(folder, name!), JSON.stringify({ ...note, netnsInode }));
    expect(await restoreAbandoned(folder)).toEqual([`net.ipv4.ip_default_ttl = 70 (netns ${NETNS})`]);
    expect(await settings.read(SETTING)).toBe('70');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that the kernel does not have are an error', async () => {
    await expect(new KernelSettings(NETNS, folder).change({ 'net/none': '1' })).rejects.toThrow(
      'no net.none',
    );
  });
});

test('no folder of notes, nothing to put back', async () => {
  mkdirSync(join(tmpdir(), 'stowaway-none'), { recursive: true });
  rmSync(join(tmpdir(), 'stowaway-none'), { recursive: true });
  expect(await restoreAbandoned(join(tmpdir(), 'stowaway-none'))).toEqual([]);
});
