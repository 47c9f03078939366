import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../model/paths.js';
import { openStore, type Store } from '../store/store.js';
import { deliveryTable } from './delivery-table.js';
import { openOutbox } from './outbox.js';
import { FakeChannel, named, noticeOf, START } from './testing/alerts.js';

let folder: string;
let store: Store;
let now = START;

const openAgain = async () => {
  await store?.close();
  store = await openStore({ path: join(folder, 'store') });
  // Only the one table: the others need those of the logs.
  const table = await readFile(join(PACKAGE_ROOT, 'schema', 'live', '0102-outbox.sql'), 'utf8');
  await store.run(table.trim().replace(/;$/, ''));
  return deliveryTable(store, () => now);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-outbox-'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

test('an outbox over a store that is closed and opened between each step tells each state once', async () => {
  const receiver = new FakeChannel('hold');
  const start = async () =>
    openOutbox({
      table: await openAgain(),
      channels: [named(receiver, { per_minute: 2 })],
      now: () => now,
      random: () => 1,
    });
  const flood = Array.from({ length: 5 }, (_, n) => noticeOf('opened', { uid: `f${n}` }));

  await (await start()).offer(flood);
  await (await start()).offer(flood);
  expect((await (await start()).status())[0]!.counts).toMatchObject({ waiting: 5, sent: 0 });
  receiver.answer = () => ({ outcome: 'later', answer: 'busy', retryAfterSeconds: 30 });
  await (await start()).deliver();
  receiver.answer = () => ({ outcome: 'taken', answer: 'ok' });
  await (await start()).deliver();
  expect(receiver.told).toEqual([]);
  expect((await (await start()).status())[0]).toMatchObject({
    rests_until: '2099-01-01T00:00:30.000Z',
    last_answer: 'busy',
  });

  now += 30_000;
  await (await start()).deliver();
  // One attempt was made within this minute: the other one allowed is the digest, without what failed and is due later.
  expect(receiver.arrived.map(({ messages }) => messages.length)).toEqual([4]);
  now += 60_000;
  await (await start()).deliver();
  expect(new Set(receiver.told).size).toBe(5);
  expect(receiver.told).toHaveLength(5);

  await (await start()).offer([noticeOf('escalated', { uid: 'f0', version: 2, severity: 'critical' })]);
  await (await start()).offer([noticeOf('closed', { uid: 'f0', version: 3, severity: 'critical' })]);
  now += 60_000;
  await (await start()).deliver();
  expect(receiver.told.slice(5)).toEqual(['escalated f0:2', 'closed f0:3']);
  const last = await start();
  expect((await last.status())[0]).toMatchObject({
    counts: { waiting: 0, sending: 0, sent: 7, failed: 0 },
    last_sent: new Date(now).toISOString(),
    oldest_waiting: null,
  });
});

/** A process that ends while the receiver is being talked to. */
async function crashWhileSending(name: string, uid: string): Promise<void> {
  const hangs = new FakeChannel();
  const sent = new Promise<void>((resolve) => {
    hangs.answer = () => {
      resolve();
      return new Promise(() => {});
    };
  });
  const outbox = await openOutbox({
    table: await openAgain(),
    channels: [named(hangs, { name })],
    now: () => now,
  });
  await outbox.offer([noticeOf('opened', { uid })]);
  void outbox.deliver();
  await sent;
}

const openWith = async (name: string, channel: FakeChannel) =>
  openOutbox({ table: await openAgain(), channels: [named(channel, { name })], now: () => now });

test('what was being sent when the process ended is sent again as what it was', async () => {
  await crashWhileSending('crash', 'x');
  const again = new FakeChannel();
  await (await openWith('crash', again)).deliver();
  expect(again.arrived.map(({ id, isRepeat }) => [id, isRepeat])).toEqual([['x:1', true]]);
});

test('a receiver that can be asked is asked first', async () => {
  await crashWhileSending('asked', 'y');
  const asked = Object.assign(new FakeChannel(), { has: async () => true });
  const outbox = await openWith('asked', asked);
  await outbox.deliver();
  expect(asked.arrived).toEqual([]);
  const status = (await outbox.status()).find(({ name }) => name === 'asked');
  expect(status).toMatchObject({ counts: { sent: 1, sending: 0 } });
});

test('what failed can be tried again by hand after a restart', async () => {
  const receiver = new FakeChannel();
  receiver.answer = () => ({ outcome: 'refused', answer: 'HTTP 400: no' });
  const channels = [named(receiver, { name: 'hand' })];
  const first = await openOutbox({ table: await openAgain(), channels, now: () => now });
  await first.offer([noticeOf('opened', { uid: 'h' })]);
  await first.deliver();
  const again = await openOutbox({ table: await openAgain(), channels, now: () => now });
  expect(await again.failed()).toMatchObject([
    { channel: 'hand', notice: 'h:1', answer: 'HTTP 400: no', attempts: 1 },
  ]);
  receiver.answer = () => ({ outcome: 'taken', answer: 'ok' });
  expect(await again.failed(10, 'crash')).toEqual([]);
  expect(await again.retry('hand', 'h:2')).toMatchObject({ again: 0, left_out: 0 });
  expect(await again.retry('crash', 'h:1')).toMatchObject({ again: 0, left_out: 0 });
  expect(await again.retry('hand', 'h:1')).toMatchObject({ again: 1, left_out: 0 });
  await again.deliver();
  expect(receiver.told).toEqual(['opened h:1']);
});

test('what is about to expire is seen no more, whichever of its revisions goes first', async () => {
  const table = await openAgain();
  const before = await table.totals();
  now += 29 * 86_400_000;
  expect(before.length).toBeGreaterThan(0);
  expect(await table.totals()).toEqual([]);
  expect(await table.inState('sent', 100)).toEqual([]);
  expect(await table.related({ subjects: ['f0'], threads: [] })).toEqual([]);
});

test('more subjects than a statement holds are asked for in parts, each delivery once', async () => {
  const table = await openAgain();
  const outbox = await openOutbox({
    table,
    channels: [named(new FakeChannel('hold'), { per_minute: 2 })],
    now: () => now,
    random: () => 1,
  });
  await outbox.offer([noticeOf('opened', { uid: 'among-many' })]);
  const [one] = await table.related({ subjects: ['among-many'], threads: [] });
  const others = Array.from({ length: 20_000 }, (_, n) => n.toString(16).padStart(16, '0'));
  const found = await table.related({
    subjects: ['among-many', ...others],
    threads: [...others, one!.thread],
  });
  expect(found.map(({ subject }) => subject)).toEqual(['among-many']);
});
