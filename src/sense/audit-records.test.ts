import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../ingest/audit-events.js';
import { AuditRecords } from './audit-records.js';

const CONTAINER = 'a'.repeat(64);

/** An execve by process 7, child of 6. */
const exec = (call: Record<string, string> = {}): AuditEvent => ({
  time: 1_795_276_277.884,
  records: [
    {
      type: 'SYSCALL',
      fields: {
        arch: 'c000003e',
        syscall: '59',
        success: 'yes',
        exit: '0',
        pid: '7',
        ppid: '6',
        uid: '0',
        comm: '"ls"',
        ...call,
      },
    },
    { type: 'EXECVE', fields: { argc: '2', a0: '"ls"', a1: '612062' } },
    { type: 'PATH', fields: { item: '0', name: '"/bin/ls"' } },
  ],
});

/** Processes that run, with their containers ('' for the host), and what the engine's helpers serve. */
function records(running: Record<number, string>, served: Record<number, string> = {}) {
  const emitted: object[] = [];
  const taker = new AuditRecords({
    containerOf: (pid) => running[pid] ?? null,
    containerServedBy: (pid) => served[pid] ?? '',
    emit: (record) => emitted.push(record),
  });
  return { taker, emitted };
}

describe('whose it was', () => {
  test.each([
    ['a running process of a container', { 7: CONTAINER, 6: '' }, {}, 1, 0],
    ['a running process of the host', { 7: '', 6: '' }, {}, 0, 0],
    ['one that is gone, whose parent is in a container', { 6: CONTAINER }, {}, 1, 0],
    ['one that is gone, started by a helper of the engine', { 6: '' }, { 6: CONTAINER }, 1, 0],
    ['one that is gone, and nobody knows', { 6: '' }, {}, 0, 1],
  ])('%s', (_, running, served, told, orphans) => {
    const { taker, emitted } = records(running, served);
    taker.take(exec());
    expect([emitted.length, taker.orphans]).toEqual([told, orphans]);
  });

  test('what was once asked is remembered when the process is gone', () => {
    const running: Record<number, string> = { 7: CONTAINER };
    const { taker, emitted } = records(running);
    taker.take(exec());
    delete running[7];
    taker.take(exec({ pid: '8', ppid: '7' }));
    expect([emitted.length, taker.orphans]).toEqual([2, 0]);
  });
});

test('a command is told with its arguments, a failure with its reason, and other calls not at all', () => {
  const { taker, emitted } = records({ 7: CONTAINER });
  taker.take(exec());
  taker.take(exec({ success: 'no', exit: '-2' }));
  taker.take(exec({ syscall: '257' }));
  expect(emitted).toEqual([
    expect.objectContaining({
      record: 'exec',
      time: '2026-11-21T15:51:17.884Z',
      container: CONTAINER,
      name: 'ls',
      file: '/bin/ls',
      argv: ['ls', 'a b'],
      argv_complete: true,
    }),
    expect.objectContaining({ record: 'exec_failed', error: 'ENOENT', file: '/bin/ls' }),
  ]);
});
