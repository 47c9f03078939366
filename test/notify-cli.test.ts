import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Outbox, openOutbox } from '../src/notify/outbox.js';
import { FakeChannel, named, noticeOf, START } from '../src/notify/testing/alerts.js';
import { MemoryTable } from '../src/notify/testing/memory-table.js';
import { startTestServer, type TestServer } from '../src/server/testing/stand-ins.js';
import { stowaway } from './command-line.js';

// Commands in processes of their own; the server they ask is in this one, over stand-ins in memory.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let server: TestServer;
let outbox: Outbox;
const receiver = new FakeChannel();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-cli-'));
  outbox = await openOutbox({
    table: new MemoryTable(),
    channels: [named(receiver, { name: 'soc' })],
    now: () => START,
  });
  receiver.answer = () => ({ outcome: 'refused', answer: 'HTTP 400: \u001b[2Jno' });
  await outbox.offer([
    noticeOf('opened'),
    noticeOf('opened', { uid: 'b' }),
    noticeOf('opened', { uid: 'c' }),
  ]);
  await outbox.deliver();
  server = await startTestServer({ outbox });
  await writeFile(join(folder, 'token'), await server.secretOf('engineer'));
  await writeFile(join(folder, 'viewer'), await server.secretOf('viewer'));
});
afterAll(async () => {
  await server.end();
  await rm(folder, { recursive: true, force: true });
});

const notify = (words: string[], token = 'token') =>
  stowaway(['notify', ...words, '--server', server.url, '--token-file', token], { cwd: folder, env: {} });

test('what was given up is listed with its reason and tried again by its id, then all of its channel', async () => {
  const listed = await notify(['list']);
  expect(listed).toMatchObject({ code: 0, err: '' });
  expect(listed.out).toMatch(/^soc +webhook +0 +3 +0 +never +- /m);
  expect(listed.out).toMatch(/^soc\/b:1 +opened +high +2099-01-01T00:00 +1 +HTTP 400: .*no$/m);
  expect(listed.out).not.toContain('\u001b');

  receiver.answer = () => ({ outcome: 'taken', answer: 'ok' });
  expect(await notify(['retry', 'soc/b:1'])).toEqual({ code: 0, out: 'soc/b:1: 1 wait again\n', err: '' });
  await outbox.deliver();
  expect(receiver.told).toEqual(['opened b:1']);
  const again = await notify(['retry', 'soc/b:1']);
  expect([again.code, again.err]).toEqual([1, 'stowaway: Not found: nothing of soc/b:1 has failed\n']);

  expect((await notify(['retry', 'soc'])).out).toBe('soc: 2 wait again\n');
  await outbox.deliver();
  expect((await notify(['list'])).out).not.toContain('Given up');
});

test('programs get JSON, and --limit and --channel narrow what was given up', async () => {
  receiver.answer = () => ({ outcome: 'refused', answer: 'HTTP 400' });
  await outbox.offer([noticeOf('opened', { uid: 'd' }), noticeOf('opened', { uid: 'e' })]);
  await outbox.deliver();
  const { failed } = JSON.parse((await notify(['list', '--limit', '1', '-f', 'json'])).out);
  expect(failed).toMatchObject([{ channel: 'soc', notice: 'e:1', final: null }]);
  expect((await notify(['list', '--limit', '1'])).out).toContain('1 of 2 are shown');
  expect((await notify(['list', '--channel', 'other'])).out).not.toContain('Given up');
});

test('a viewer looks and tries nothing again', async () => {
  expect((await notify(['list'], 'viewer')).code).toBe(0);
  const refused = await notify(['retry', 'soc'], 'viewer');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toContain('may not tune');
});
