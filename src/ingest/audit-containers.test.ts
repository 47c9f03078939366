import { describe, expect, test } from 'vitest';
import { AuditContainers } from './audit-containers.js';

const ONE = 'a'.repeat(64);
const TWO = 'b'.repeat(64);
const DISK = 'fe:00';
const OVERLAY = '00:2f';

type Started = [pid: number, ppid: number, program: string, argv?: string[], device?: string];

/** A log of calls; each gives the container it was made in, in short. */
function log() {
  const containers = new AuditContainers();
  const told = (container: string): string => container.slice(0, 1);
  return {
    start: (...[pid, ppid, program, argv = [program], device = DISK]: Started) =>
      told(containers.of({ node: '', pid: `${pid}`, ppid: `${ppid}`, exec: { program, argv, device } })),
    call: (pid: number, ppid: number) => told(containers.of({ node: '', pid: `${pid}`, ppid: `${ppid}` })),
    boot: () => containers.forget(),
  };
}

const runc = (id: string): string[] => ['runc', '--root', '/run', 'exec', '--detach', id];

test('what a runtime runs is the container’s, and what that runs', () => {
  const { start, call } = log();
  expect(start(10, 1, '/usr/bin/runc', runc(ONE))).toBe('');
  expect(start(11, 10, '/usr/bin/runc', ['runc', 'init'])).toBe('');
  expect(start(12, 10, '/bin/sh', ['sh', '-c', 'x'], OVERLAY)).toBe('a');
  expect(start(13, 12, '/usr/bin/curl', ['curl'], OVERLAY)).toBe('a');
  expect(call(13, 12)).toBe('a');
  expect(start(20, 1, '/usr/bin/curl')).toBe('');
});

test('a runtime’s own calls do not make it forget whom it serves', () => {
  const { start, call } = log();
  start(10, 1, '/usr/bin/runc', runc(ONE));
  expect(call(10, 1)).toBe('');
  expect(start(12, 10, '/bin/sh', ['sh'], OVERLAY)).toBe('a');
});

describe('a container’s first program', () => {
  test('is a child of Docker’s shim', () => {
    const { start } = log();
    start(5, 1, '/usr/bin/containerd-shim-runc-v2', [
      'containerd-shim-runc-v2',
      '-namespace',
      'moby',
      '-id',
      ONE,
    ]);
    expect(start(12, 5, '/entrypoint.sh', ['/entrypoint.sh'], OVERLAY)).toBe('a');
  });

  test('is a child of conmon', () => {
    const { start } = log();
    start(5, 1, '/usr/bin/conmon', ['/usr/bin/conmon', '--api-version', '1', '-c', ONE, '-u', TWO]);
    expect(start(12, 5, '/entrypoint.sh', ['/entrypoint.sh'], OVERLAY)).toBe('a');
  });

  test('is nobody’s where one shim serves a pod', () => {
    const { start } = log();
    start(5, 1, '/usr/bin/containerd-shim-runc-v2', [
      'containerd-shim-runc-v2',
      '-namespace',
      'k8s.io',
      '-id',
      ONE,
    ]);
    expect(start(12, 5, '/entrypoint.sh', ['/entrypoint.sh'], OVERLAY)).toBe('');
  });
});

describe('a number that came round', () => {
  test('is another process when a program starts under another parent', () => {
    const { start } = log();
    start(10, 1, '/usr/bin/runc', runc(ONE));
    expect(start(12, 10, '/bin/sh', ['sh'], OVERLAY)).toBe('a');
    expect(start(12, 77, '/usr/bin/ls')).toBe('');
    expect(start(13, 12, '/usr/bin/ls')).toBe('');
  });

  test('is the same process where its helper ended and another adopted it', () => {
    const { start, call } = log();
    start(5, 1, '/usr/bin/containerd-shim-runc-v2', [
      'containerd-shim-runc-v2',
      '-namespace',
      'k8s.io',
      '-id',
      TWO,
    ]);
    start(10, 5, '/usr/bin/runc', runc(ONE));
    start(12, 10, '/bin/sh', ['sh'], OVERLAY);
    expect(call(12, 5)).toBe('a');
    expect(start(14, 12, '/bin/ls', ['ls'], OVERLAY)).toBe('a');
  });

  test('is another’s after the host began anew', () => {
    const { start, boot } = log();
    start(10, 1, '/usr/bin/runc', runc(ONE));
    boot();
    expect(start(12, 10, '/bin/sh')).toBe('');
  });
});

describe('a program that only calls itself a runtime', () => {
  test.each<[string, Started]>([
    ['in a container’s own files', [12, 7, '/usr/bin/runc', runc(TWO), OVERLAY]],
    ['in a volume', [12, 7, '/data/runc', runc(TWO), DISK]],
    ['by its first argument', [12, 7, '/usr/bin/bash', runc(TWO), DISK]],
  ])('%s names nobody', (_, call) => {
    const { start } = log();
    start(...call);
    expect(start(13, 12, '/bin/sh', ['sh'], OVERLAY)).toBe('');
  });

  test('within a known container stays that container’s', () => {
    const { start } = log();
    start(10, 1, '/usr/bin/runc', runc(ONE));
    expect(start(12, 10, '/usr/bin/runc', runc(TWO), DISK)).toBe('a');
    expect(start(13, 12, '/bin/sh', ['sh'], OVERLAY)).toBe('a');
  });
});
