import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NamedChannel } from '../notify/channel.js';
import { openOutbox } from '../notify/outbox.js';
import type { ChannelStatus, FailedDelivery } from '../notify/outbox-state.js';
import { FakeChannel, named, noticeOf, START } from '../notify/testing/alerts.js';
import { MemoryTable } from '../notify/testing/memory-table.js';
import { buildMetrics } from './metrics.js';
import { ROLE_NAMES } from './roles.js';
import {
  liveStatus,
  MemoryFindings,
  MemoryJournal,
  startTestServer,
  type TestServer,
} from './testing/stand-ins.js';

// Receivers and table are stand-ins in memory.
let table: MemoryTable;
let server: TestServer;

const open = (...channels: NamedChannel[]) => openOutbox({ table, channels, now: () => START });

/** Two notices of each channel that their receivers refused. */
beforeEach(async () => {
  table = new MemoryTable();
  const refusing = new FakeChannel();
  refusing.answer = () => ({ outcome: 'refused', answer: 'HTTP 400: no' });
  const outbox = await open(named(refusing, { name: 'old' }), named(refusing, { name: 'soc' }));
  await outbox.offer([noticeOf('opened'), noticeOf('opened', { uid: 'b' })]);
  await outbox.deliver();
  server = await startTestServer({ outbox: await open(named(new FakeChannel(), { name: 'soc' })) });
});
afterEach(() => server.end());

const retry = (token: string, body: unknown) =>
  server.call('/api/v1/notifications/retry', token, { method: 'POST', body: JSON.stringify(body) });
const asked = async (query = '') => {
  const answer = await server.call(`/api/v1/notifications${query}`, await server.secretOf('viewer'));
  return (await answer.json()) as { channels: ChannelStatus[]; failed: FailedDelivery[] };
};
const detailOf = async (answer: Response) => ((await answer.json()) as { detail: string }).detail;

test('who may read sees each channel, and why something failed', async () => {
  const { channels, failed } = await asked();
  expect(channels.map(({ name, type, counts }) => [name, type, counts.failed])).toEqual([
    ['soc', 'webhook', 2],
    ['old', null, 2],
  ]);
  expect(failed).toHaveLength(4);
  expect((await asked('?channel=soc&limit=1')).failed).toEqual([
    {
      ...{ channel: 'soc', notice: 'b:1', what: 'opened', subject: 'b', severity: 'high', attempts: 1 },
      ...{ offered: '2099-01-01T00:00:00.000Z', last_tried: '2099-01-01T00:00:00.000Z' },
      ...{ answer: 'HTTP 400: no', final: null },
    },
  ]);
  expect((await server.call('/api/v1/notifications', server.ingest)).status).toBe(403);
});

test('engineers and admins try again what failed; it is in the audit log before it is done', async () => {
  for (const role of ROLE_NAMES) {
    const { status } = await retry(await server.secretOf(role), { channel: 'soc', notice: 'never:1' });
    expect([role, status]).toEqual([role, role === 'engineer' || role === 'admin' ? 404 : 403]);
  }
  const answer = await retry(server.admin, { channel: 'soc', notice: 'a1:1' });
  expect([answer.status, await answer.json()]).toEqual([200, { again: 1, left_out: 0, why: null }]);
  expect((await asked()).channels[0]!.counts).toMatchObject({ waiting: 1, failed: 1 });
  const { entries } = await server.audit.read({ limit: 10 });
  expect(entries[0]).toMatchObject({ what: 'notification.retry', target: 'soc/a1:1' });
});

test('what cannot be written into the audit log is not tried again', async () => {
  server.audit.append = () => Promise.reject(new Error('the disk is full'));
  expect((await retry(server.admin, { channel: 'soc' })).status).toBe(503);
  expect((await asked()).channels[0]!.counts.failed).toBe(2);
});

test('a channel that is not configured any more is not sent to: what it is asked says so', async () => {
  expect((await asked('?channel=old')).failed[0]!.final).toBe('the channel is not configured any more');
  const answer = await retry(server.admin, { channel: 'old' });
  expect([answer.status, await detailOf(answer)]).toEqual([
    409,
    'old is not tried again: the channel is not configured any more',
  ]);
});

test('what was told in a newer state since stays as it is', async () => {
  const outbox = await open(named(new FakeChannel(), { name: 'soc' }));
  await outbox.offer([noticeOf('escalated', { version: 2, severity: 'critical' })]);
  const answer = await retry(server.admin, { channel: 'soc', notice: 'a1:1' });
  expect([answer.status, await detailOf(answer)]).toEqual([
    409,
    'soc/a1:1 is not tried again: a newer state is told instead',
  ]);
  expect(await (await retry(server.admin, { channel: 'soc' })).json()).toMatchObject({
    again: 1,
    left_out: 1,
  });
});

test('a body that does not fit is refused', async () => {
  for (const body of [{}, { channel: '' }, { channel: 'soc', all: true }, { channel: 'x'.repeat(41) }])
    expect((await retry(server.admin, body)).status).toBe(400);
});

const metricsOver = async (status: () => Promise<ChannelStatus[]>): Promise<string[]> => {
  const { registry } = buildMetrics({
    findings: new MemoryFindings(),
    journal: new MemoryJournal(),
    status: liveStatus,
    outbox: { status },
    investigations: { precision: async () => [] },
  });
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith('stowaway_notifications_'));
};

test('a name breaks no metric, and the outbox is asked once for all of them', async () => {
  let times = 0;
  const [known] = (await asked()).channels;
  const lines = await metricsOver(async () => {
    times += 1;
    return [{ ...known!, name: 'a"} 1\nb' }];
  });
  expect(lines).toHaveLength(5);
  expect(lines).toContain('stowaway_notifications_failed{channel="a\\"} 1\\nb"} 2');
  expect(times).toBe(1);
});

test('where the outbox does not answer, its metrics are missing and the others are not', async () => {
  expect(await metricsOver(() => Promise.reject(new Error('the store is away')))).toEqual([]);
});
