import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messageOf, type Parcel, testMessage } from '../message.js';
import { openChannels } from '../open-channels.js';
import { openOutbox } from '../outbox.js';
import { at, configOf, noticeOf, START, SURROUNDINGS } from '../testing/alerts.js';
import { MemoryTable } from '../testing/memory-table.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-file-'));
  path = join(folder, 'alerts.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

const named = (stated: Record<string, unknown> = {}) =>
  openChannels([configOf({ type: 'file', path, ...stated })], SURROUNDINGS);
const open = (stated: Record<string, unknown> = {}) => named(stated)[0]!.channel;

const parcelOf = (...uids: string[]): Parcel => ({
  id: uids.join(),
  isRepeat: false,
  messages: uids.map((uid) => messageOf(noticeOf('opened', { uid }), uid)),
});

const linesOf = async (file = path): Promise<string[]> =>
  (await readFile(file, 'utf8')).split('\n').slice(0, -1);
const idsOf = async (file = path): Promise<string[]> =>
  (await linesOf(file)).map((line) => {
    const record = JSON.parse(line);
    return record.id ?? record.metadata?.uid ?? record.event?.id;
  });

test('alerts are appended, one a line, for the owner only', async () => {
  await open().send(parcelOf('a', 'b'));
  await open().send(parcelOf('c'));
  expect(await idsOf()).toEqual(['a:1', 'b:1', 'c:1']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test.each(['alert', 'ocsf', 'ecs'])(
  'what is there already is known and not written again (%s)',
  async (format) => {
    const channel = open({ format });
    await channel.send(parcelOf('a', 'b'));
    expect(await channel.has!(parcelOf('a', 'b'))).toBe(true);
    expect(await channel.has!(parcelOf('b', 'c'))).toBe(false);
    await channel.send({ ...parcelOf('b', 'c'), isRepeat: true });
    expect(await idsOf()).toEqual(['a:1', 'b:1', 'c:1']);
  },
);

test('what a crash left of a line makes way for the whole', async () => {
  const channel = open();
  await channel.send(parcelOf('a'));
  await channel.send(parcelOf('b'));
  await truncate(path, (await stat(path)).size - 10);
  expect(await channel.has!(parcelOf('b'))).toBe(false);
  await channel.send({ ...parcelOf('b'), isRepeat: true });
  expect(await idsOf()).toEqual(['a:1', 'b:1']);
});

test('a full file makes way, the oldest goes, and what stands in the one before is known', async () => {
  const channel = open({ max_megabytes: 1, keep: 2 });
  for (const uid of ['a', 'b', 'c', 'd']) {
    await channel.send(parcelOf(uid));
    if (uid !== 'd') await appendFile(path, `${' '.repeat(999_000)}\n`);
  }
  expect(await idsOf()).toEqual(['d:1']);
  expect((await readFile(`${path}.1`, 'utf8')).slice(0, 40)).toContain('"c:1"');
  expect((await readFile(`${path}.2`, 'utf8')).slice(0, 40)).toContain('"b:1"');
  await expect(stat(`${path}.3`)).rejects.toThrow('ENOENT');
  expect(await channel.has!(parcelOf('c', 'd'))).toBe(true);
});

test('a folder that is not there is a failure that names it', async () => {
  const receipt = await open({ path: join(folder, 'missing', 'x') }).send(parcelOf('a'));
  expect(receipt).toMatchObject({ outcome: 'later', answer: expect.stringContaining('ENOENT') });
});

test('a process that ended between writing and recording writes each alert once', async () => {
  const table = new MemoryTable();
  const start = () => openOutbox({ table, channels: named(), now: () => START });
  const outbox = await start();
  await outbox.offer([noticeOf('opened', { uid: 'a' })]);
  let saves = 0;
  table.fault = () => (++saves === 2 ? 'before' : null);
  await expect(outbox.deliver()).rejects.toThrow('killed');
  const again = await start();
  await again.deliver();
  expect(await idsOf()).toEqual(['a:1']);
  expect((await again.status())[0]!.counts).toMatchObject({ sent: 1 });
});

test('a test message is a line that says so', async () => {
  await writeFile(path, '');
  await open().send({ id: 't', isRepeat: false, messages: [testMessage('test:1', at(START))] });
  expect((await linesOf())[0]).toContain('"what":"test"');
});
