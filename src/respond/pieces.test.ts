import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../model/duration.js';
import { canonicalJson, differences } from './canonical.js';
import { egressPolicy } from './egress-policy.js';
import { parseFindings } from './finding.js';
import { openLedger, parseLedger } from './ledger.js';
import { ownContainers } from './open-world.js';

const ID = 'ab'.repeat(32);

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: 1, a: [{ d: 2, c: 3 }] })).toBe(canonicalJson({ a: [{ c: 3, d: 2 }], b: 1 }));
  expect(differences({ a: { b: [1, 2] }, c: 1 }, { a: { b: [1, 3] } })).toEqual(['a.b.1', 'c']);
});

test('durations', () => {
  expect(['90s', '30m', '4h', '7d', '0h', '4', '-1h', '1h30m'].map(parseDuration)).toEqual([
    90,
    1800,
    14_400,
    604_800,
    null,
    null,
    null,
    null,
  ]);
  expect([90, 1800, 14_400, 604_800, 1].map(formatDuration)).toEqual(['90s', '30m', '4h', '7d', '1s']);
});

describe('the ledger', () => {
  const record = { type: 'closed' as const, at: '2026-11-21T10:00:00.000Z', hash: ID, why: 'x' };

  test('passes over a line that a crash cut off, and writes on in a new one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowaway-ledger-'));
    const ledger = await openLedger(folder, (work) => work());
    await ledger.append(record);
    await writeFile(join(folder, 'ledger.ndjson'), '{"type":"intent","at":"2026', { flag: 'a' });
    await ledger.append(record);
    expect(await ledger.read()).toEqual([record, record]);
    await rm(folder, { recursive: true });
  });

  test('refuses a whole record that does not fit', () => {
    expect(() => parseLedger(`${JSON.stringify({ ...record, hash: '../..' })}\n`, 'ledger.ndjson')).toThrow(
      'ledger.ndjson:1: no ledger record: hash',
    );
  });
});

test('knows the container it runs in, and takes no other mount for one', () => {
  const mount = (root: string, point: string) => `1 2 0:3 ${root} ${point} rw - ext4 /dev/vda rw`;
  const hostname = mount(`/var/lib/docker/containers/${ID}/hostname`, '/etc/hostname');
  const onHost = mount('/', `/var/lib/docker/containers/${'cd'.repeat(32)}/mounts/shm`);
  expect(ownContainers('0::/', `${hostname}\n${onHost}`)).toEqual([ID]);
  expect(ownContainers(`5:cpu:/docker/${ID}`, onHost)).toEqual([ID]);
  expect(ownContainers('0::/user.slice', onHost)).toEqual([]);
});

test('findings that are no report of ours are told with their place', () => {
  expect(() => parseFindings('{', 'hunt.json')).toThrow('hunt.json: no JSON');
  expect(() => parseFindings('{"version":1,"findings":[{"uid":"../x"}]}', 'hunt.json')).toThrow(
    'hunt.json: no hunt report: findings.0.uid',
  );
});

test('an egress policy lets sanctioned addresses through, and says that names are not', () => {
  const entry = (destination: string | string[], reason: string) => ({
    destination,
    workload: '*',
    reason,
    owner: 'o',
  });
  const text = egressPolicy({
    bridges: ['br-1', 'docker0'],
    sanctioned: [entry(['203.0.113.0/24', '2001:db8::1'], 'backup'), entry('up.example', 'x\nadd rule evil')],
    mode: 'drop',
    maxUploadBytes: 1000,
  });
  expect(text).toContain('elements = { 203.0.113.0/24 }');
  expect(text).toContain('elements = { 2001:db8::1 }');
  expect(text).toContain('#   up.example: x\\nadd rule evil (o)');
  expect(text).toContain('ct original bytes > 1000 counter drop');
  expect(() =>
    egressPolicy({ bridges: ['a"; drop'], sanctioned: [], mode: 'log', maxUploadBytes: 1 }),
  ).toThrow();
});
