import { afterEach, beforeEach, expect, test } from 'vitest';
import { openChannels } from '../notify/open-channels.js';
import { type Outbox, openOutbox } from '../notify/outbox.js';
import type { ChannelStatus, FailedDelivery } from '../notify/outbox-state.js';
import { at, configOf, noticeOf, START, SURROUNDINGS } from '../notify/testing/alerts.js';
import { MemoryTable } from '../notify/testing/memory-table.js';
import { HttpReceiver } from '../notify/testing/receiver.js';
import { openLog } from '../server/log.js';
import { startTestServer, type TestServer } from '../server/testing/stand-ins.js';
import { tellGivenUp } from './tell.js';

// The receiver is real, with a clock that is moved; the table is one in memory.
const HOUR = 3_600_000;
let now: number;
let receiver: HttpReceiver;
let outbox: Outbox;
let server: TestServer;
let logged: string[];

beforeEach(async () => {
  now = START;
  logged = [];
  receiver = await HttpReceiver.open();
  outbox = await openOutbox({
    table: new MemoryTable(),
    channels: openChannels([configOf({ name: 'own', type: 'webhook', url: receiver.url, insecure: true })], {
      ...SURROUNDINGS,
      now: () => now,
    }),
    now: () => now,
    onGivenUp: tellGivenUp(openLog({ write: (line) => void logged.push(line) })),
  });
  server = await startTestServer({ outbox });
});
afterEach(async () => {
  await server.end();
  await receiver[Symbol.asyncDispose]();
});

const forHours = async (hours: number): Promise<void> => {
  for (const end = now + hours * HOUR; now < end; now += HOUR / 4) await outbox.deliver();
  await outbox.deliver();
};
const asked = async () =>
  (await (await server.call('/api/v1/notifications', await server.secretOf('viewer'))).json()) as {
    channels: ChannelStatus[];
    failed: FailedDelivery[];
  };
const metrics = async (): Promise<string[]> =>
  (await (await server.call('/metrics', server.admin)).text())
    .split('\n')
    .filter((line) => line.startsWith('stowaway_notifications_'));

test('a receiver that says 403 for a day is seen by whoever asks, measures or reads the log', async () => {
  receiver.answer = () => ({ status: 403, body: 'gone\u001b[2J\u202e\n{"level":"info"}' });
  await outbox.offer([noticeOf('opened'), noticeOf('opened', { uid: 'b' })]);
  await forHours(23);
  expect(logged).toEqual([]);
  expect(await asked()).toMatchObject({
    channels: [{ name: 'own', type: 'webhook', counts: { waiting: 2, failed: 0 } }],
    failed: [],
  });
  expect(await metrics()).toEqual(
    expect.arrayContaining([
      'stowaway_notifications_waiting{channel="own"} 2',
      'stowaway_notifications_failed{channel="own"} 0',
      `stowaway_notifications_oldest_waiting_timestamp_seconds{channel="own"} ${START / 1000}`,
    ]),
  );

  await forHours(2);
  const { channels, failed } = await asked();
  expect(channels).toMatchObject([{ counts: { waiting: 0, failed: 2, sent: 0 }, last_sent: null }]);
  expect(failed).toMatchObject([
    { channel: 'own', notice: 'b:1', subject: 'b', offered: at(START), final: null },
    { channel: 'own', notice: 'a1:1', answer: expect.stringContaining('HTTP 403') },
  ]);
  expect(await metrics()).toEqual(
    expect.arrayContaining([
      'stowaway_notifications_waiting{channel="own"} 0',
      'stowaway_notifications_failed{channel="own"} 2',
      'stowaway_notifications_sent{channel="own"} 0',
    ]),
  );
  expect(logged).toHaveLength(1);
  expect(logged[0]!.trim().split('\n')).toHaveLength(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  expect(logged[0]).not.toMatch(/[\u001b\u202e]/);
  expect(JSON.parse(logged[0]!)).toMatchObject({
    level: 'error',
    msg: 'notifications given up',
    channel: 'own',
    reason: expect.stringContaining('HTTP 403'),
    count: 2,
    notices: expect.arrayContaining(['a1:1', 'b:1']),
  });
});

test('what was given up is told when somebody tries it again and the receiver takes it', async () => {
  receiver.answer = () => ({ status: 403 });
  await outbox.offer([noticeOf('opened'), noticeOf('opened', { uid: 'b' })]);
  await forHours(25);
  receiver.answer = () => ({});
  receiver.arrived.length = 0;
  const engineer = await server.secretOf('engineer');
  const retry = (body: unknown) =>
    server.call('/api/v1/notifications/retry', engineer, { method: 'POST', body: JSON.stringify(body) });
  expect(await (await retry({ channel: 'own', notice: 'b:1' })).json()).toMatchObject({ again: 1 });
  await outbox.deliver();
  expect(receiver.arrived.map(({ body }) => JSON.parse(body).id)).toEqual(['b:1']);
  expect(await (await retry({ channel: 'own' })).json()).toMatchObject({ again: 1, left_out: 0 });
  await outbox.deliver();
  expect(receiver.arrived.map(({ body }) => JSON.parse(body).id)).toEqual(['b:1', 'a1:1']);
  expect((await retry({ channel: 'own' })).status).toBe(404);
});
