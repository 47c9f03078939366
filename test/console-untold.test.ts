import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { type Outbox, openOutbox } from '../src/notify/outbox.js';
import { FakeChannel, named, noticeOf, START } from '../src/notify/testing/alerts.js';
import { MemoryTable } from '../src/notify/testing/memory-table.js';
import { readConsole } from '../src/server/console.js';
import { startTestServer, type TestServer } from '../src/server/testing/stand-ins.js';
import { openBrowser, settled, signedIn, violations, whyNoConsole } from './console-lab.js';

/** What the console says when somebody was not told. Receivers and what is kept are stand-ins. */

const skipped = whyNoConsole();

describe.skipIf(skipped !== null)('notifications that were given up', () => {
  let browser: Browser;
  let server: TestServer;
  let outbox: Outbox;
  let page: Page;
  let close: () => Promise<void>;
  let receiver: FakeChannel;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    receiver = new FakeChannel();
    receiver.answer = () => ({ outcome: 'refused', answer: 'HTTP 400: <b>no</b>\u202e' });
    const channels = [named(receiver, { name: 'soc' })];
    outbox = await openOutbox({ table: new MemoryTable(), channels, now: () => START });
    await outbox.offer([noticeOf('opened'), noticeOf('opened', { uid: 'b' })]);
    server = await startTestServer({
      console: await readConsole(join(PACKAGE_ROOT, 'dist', 'console')),
      outbox,
    });
  });
  afterEach(async () => {
    await close?.();
    await server.end();
  });

  const open = async (admin: string) => {
    const opened = await signedIn(browser, { url: server.url, admin });
    page = opened.page;
    close = () => opened.context.close();
    await page.goto(`${server.url}/console/sources`);
    await settled(page);
  };

  test('are told on the screen of sources, and tried again by who may', async () => {
    await outbox.deliver();
    await open(await server.secretOf('engineer'));
    await page.getByText('2 notifications were given up').waitFor();
    await page.getByText('HTTP 400: <b>no</b>').waitFor();
    expect(await page.locator('main b').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    receiver.answer = () => ({ outcome: 'taken', answer: 'ok' });
    await page.getByRole('button', { name: 'Try again to tell soc' }).click();
    await page.getByText('soc: 2 wait again.').waitFor();
    expect(await page.getByText('given up').count()).toBe(0);
    await outbox.deliver();
    expect(receiver.told).toHaveLength(2);
  });

  test('a viewer sees them and has no button; where there are none, nothing is said', async () => {
    const viewer = await server.secretOf('viewer');
    await open(viewer);
    expect(await page.getByText('given up').count()).toBe(0);
    await outbox.deliver();
    await page.reload();
    await page.getByText('2 notifications were given up').waitFor();
    expect(await page.getByRole('button', { name: /Try again/ }).count()).toBe(0);
  });
});
