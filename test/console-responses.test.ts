import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../src/engine/engine.js';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import type { ResponseMode } from '../src/respond/responder.js';
import type { Surroundings } from '../src/respond/surroundings.js';
import { ITS_FINDING, OneContainer } from '../src/respond/testing/one-container.js';
import { readConsole } from '../src/server/console.js';
import { startTestServer, type TestServer } from '../src/server/testing/stand-ins.js';
import { openBrowser, settled, signedIn, violations, whyNoConsole } from './console-lab.js';

/** What the console says of responses when there are none, when nothing may be done, and when it cannot. The engine is a stand-in. */

const skipped = whyNoConsole();

describe.skipIf(skipped !== null)('responses in the console', () => {
  let browser: Browser;
  let one: OneContainer;
  let server: TestServer;
  let page: Page;
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await close();
    await server.end();
    await one.close();
  });

  async function open(path: string, mode: ResponseMode = 'apply', more: Partial<Surroundings> = {}) {
    one = await OneContainer.open(mode, more);
    const files = await readConsole(join(PACKAGE_ROOT, 'dist', 'console'));
    server = await startTestServer({ console: files, responder: one.responder, now: one.surroundings.now });
    server.findings.add('a1', { ...ITS_FINDING, destinations: [...ITS_FINDING.destinations] });
    const opened = await signedIn(browser, { url: server.url, admin: server.admin });
    page = opened.page;
    close = () => opened.context.close();
    await page.goto(`${server.url}/console${path}`);
    await settled(page);
  }

  const act = (path: string, body: object) =>
    server.call(`/api/v1${path}`, server.admin, { method: 'POST', body: JSON.stringify(body) });

  async function approved(): Promise<string> {
    const planned = await act('/findings/a1/responses', { action: 'pause' });
    const { response } = (await planned.json()) as { response: { hash: string } };
    await act(`/responses/${response.hash}/approve`, { why: 'x' });
    return response.hash;
  }

  test('nothing was planned, or nothing may be', async () => {
    await open('/responses');
    await page.getByText('Nothing was planned on this host.').waitFor();
    expect(await violations(page)).toEqual([]);
    await close();
    await server.end();
    await one.close();
    await open('/findings/a1', 'off');
    await page.keyboard.press('r');
    await page.getByText('Responses are switched off on this server').waitFor();
    await page.getByText('stowaway respond plan').waitFor();
  });

  test('an engine that does not answer, and what it says when it does', async () => {
    let isThere = false;
    const gone = new Engine('/nonexistent/engine.sock');
    const connect = (): Engine => (isThere ? (one.world.surroundings(null).connect('') as Engine) : gone);
    await open('/findings/a1#response', 'apply', { connect });
    await page.getByRole('alert').getByText('no engine listens on /nonexistent/engine.sock').waitFor();
    expect(await violations(page)).toEqual([]);
    isThere = true;
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByRole('radio', { name: /Pause/ }).waitFor();
  });

  test('a server that plans alone gives the command that goes on', async () => {
    await open('/findings/a1#response', 'plan');
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.getByRole('button', { name: 'Approve…' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('case 17');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve this plan' }).click();
    await page.getByText(/stowaway respond apply [0-9a-f]{64}/).waitFor();
    expect(await page.getByRole('button', { name: 'Apply…' }).count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(one.touched).toEqual([]);
  });

  test('what is refused when it is applied is told with its reasons, and nothing was done', async () => {
    await open('/findings/a1');
    const hash = await approved();
    await page.goto(`${server.url}/console/responses/${hash}`);
    one.container.pid += 1;
    await page.getByRole('button', { name: 'Apply…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('web');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('target.pid').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(one.touched).toEqual([]);
  });

  test('a containment that does not hold any more is said so', async () => {
    await open('/findings/a1');
    const hash = await approved();
    await act(`/responses/${hash}/apply`, { confirm: 'web' });
    one.container.is_paused = false;
    await page.waitForTimeout(2500);
    await page.goto(`${server.url}/console/findings/a1`);
    await page.getByText('A containment is NOT in force any more.').waitFor();
    await page.locator('#response').getByText('NOT in force').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
