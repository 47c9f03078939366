import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputsSection } from '../model/inputs-config.js';
import { type Inputs, startInputs } from './collect.js';
import { InputTroubles } from './input-troubles.js';
import type { InputStatus, PartitionStatus } from './intake.js';
import { openJournal } from './journal.js';

const RUNNING: InputStatus = {
  name: 'falco at broker:9092',
  kind: 'kafka',
  state: 'running',
  reason: '',
  missed: '',
  sources: ['falco'],
  lines: 0,
  bytes: 0,
  lastArrival: null,
  losses: {},
  delayedSeconds: 0,
};

const sensor = (state: 'on' | 'off', reason = '') => ({
  ...{ name: 'accounting', state, reason, files: [], losses: {}, gaps: [] },
});

let folder: string;
let started: Inputs | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-troubles-'));
});
afterEach(async () => {
  await started?.stop();
  started = null;
  await rm(folder, { recursive: true, force: true });
});

let inputs: InputStatus[] = [];
const keptIn = (of: () => readonly InputStatus[], lastingMs = 0) =>
  InputTroubles.keptIn(join(folder, 'state', 'looked.txt'), of, lastingMs);
const troublesOf = (lastingMs?: number) => keptIn(() => inputs, lastingMs);
const lookAt = async (troubles: InputTroubles, ...now: InputStatus[]): Promise<string[]> => {
  inputs = now;
  await troubles.look();
  return troubles.lasting().map(({ why }) => why);
};

test.each<[string, Partial<InputStatus>, string[]]>([
  ['that takes lines', {}, []],
  ['that has ended', { state: 'off', reason: 'standard input has ended' }, []],
  [
    'that cannot run',
    { state: 'failed', reason: 'EADDRINUSE' },
    ['input falco at broker:9092 has failed: EADDRINUSE'],
  ],
  [
    'that waits',
    { state: 'waiting', reason: 'no broker answers' },
    ['input falco at broker:9092 waits: no broker answers'],
  ],
  [
    'that reads some of its files',
    { reason: 'x.log: denied; 3 files are no text', missed: 'x.log: denied' },
    ['input falco at broker:9092 does not read all: x.log: denied'],
  ],
])('an input %s', async (_, change, told) => {
  expect(await lookAt(await troublesOf(), { ...RUNNING, ...change })).toEqual(told);
});

test('what does not last is not told, and what comes again begins anew', async () => {
  const patient = await troublesOf(1e9);
  expect(await lookAt(patient, { ...RUNNING, state: 'waiting', reason: 'a moment' })).toEqual([]);
  const troubles = await troublesOf();
  expect(await lookAt(troubles, { ...RUNNING, state: 'waiting' })).toHaveLength(1);
  expect(await lookAt(troubles, RUNNING)).toEqual([]);
});

test('a partition stands still when nothing of what waits is committed, not when it lags', async () => {
  const at = (committed: number, lag: number | null): InputStatus => {
    const partition: PartitionStatus = { topic: 'logs', partition: 3, committed, end: 100, lag };
    return { ...RUNNING, partitions: [partition] };
  };
  const troubles = await troublesOf(30);
  const later = () => new Promise((resolve) => setTimeout(resolve, 40));
  expect(await lookAt(troubles, at(10, 90))).toEqual([]);
  await later();
  expect(await lookAt(troubles, at(40, 60))).toEqual([]);
  await later();
  expect(await lookAt(troubles, at(40, 60))).toEqual([
    'input falco at broker:9092 stands still in logs, partition 3, with 60 messages to read',
  ]);
  expect(await lookAt(troubles, at(100, 0))).toEqual([]);
  expect(await lookAt(troubles, at(100, null))).toEqual([]);
});

const host = (...sensors: InputStatus['sensors'] & object): InputStatus => ({
  ...RUNNING,
  ...{ name: 'this host', kind: 'host', sources: [], sensors },
});

test('a sensor that looked and looks no more is missed; one that never could is not', async () => {
  const troubles = await troublesOf();
  expect(await lookAt(troubles, host(sensor('off', 'not root')))).toEqual([]);
  expect(await lookAt(troubles, host(sensor('on')))).toEqual([]);
  expect(await lookAt(troubles, host(sensor('off', 'it ended')))).toEqual([
    'accounting on this host looks no more: it ended',
  ]);
});

test('a sensor that looked before a restart is missed after it, unless nobody asks for it any more', async () => {
  await lookAt(await troublesOf(), host(sensor('on')));
  const after = await troublesOf();
  expect(await lookAt(after, host(sensor('off', 'not root')))).toEqual([
    'accounting on this host looks no more: not root',
  ]);
  expect(await lookAt(after, host(sensor('off', 'not asked for')))).toEqual([]);
});

test('a file that cannot be written is told each time, and troubles are known all the same', async () => {
  const troubles = await troublesOf();
  await writeFile(join(folder, 'state'), 'no folder');
  await expect(lookAt(troubles, host(sensor('on')), { ...RUNNING, state: 'waiting' })).rejects.toThrow(
    'EEXIST',
  );
  expect(troubles.lasting()).toHaveLength(1);
  await rm(join(folder, 'state'));
  await troubles.look();
  expect(await readFile(join(folder, 'state', 'looked.txt'), 'utf8')).toBe('accounting\n');
});

test('a path that is not there, and a file that cannot be read beside one that can, by the sources that are named', async () => {
  const journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e6 });
  await mkdir(join(folder, 'logs'));
  await writeFile(join(folder, 'logs', 'good.log'), '{"a":1}\n');
  await symlink('loop.log', join(folder, 'logs', 'loop.log'));
  const running = await startInputs(
    InputsSection.parse({
      host: false,
      tail: [{ path: 'absent.log', source: 'falco' }, { path: 'logs' }],
    }),
    journal,
    {
      stateFolder: join(folder, 'state'),
      configFolder: folder,
      sources: [{ id: 'falco', recognize: [] }] as never,
    },
  );
  started = running;
  const troubles = await keptIn(() => running.status());
  const lasting = async () => {
    await troubles.look();
    return troubles.lasting();
  };
  await expect.poll(lasting).toEqual([
    { why: expect.stringContaining('input absent.log waits: '), sources: ['falco'] },
    { why: expect.stringMatching(/^input logs does not read all: .*loop\.log: /), sources: [] },
  ]);
  expect(running.status()[1]!.lines).toBe(1);
  await writeFile(join(folder, 'absent.log'), '{"a":1}\n');
  await rm(join(folder, 'logs', 'loop.log'));
  await expect.poll(lasting).toEqual([]);
  await running.stop();
  await journal.close();
});
