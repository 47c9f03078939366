import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { readConsole } from '../src/server/console.js';
import { startTestServer, type TestServer } from '../src/server/testing/stand-ins.js';
import { openBrowser, settled, signedIn, violations, whyNoConsole } from './console-lab.js';

/** What the console shows when there is nothing, when something is wrong, and when something comes. Findings are stand-ins. */

const skipped = whyNoConsole();

describe.skipIf(skipped !== null)('the console', () => {
  let browser: Browser;
  let server: TestServer;
  let page: Page;
  let close: () => Promise<void>;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await startTestServer({ console: await readConsole(join(PACKAGE_ROOT, 'dist', 'console')) });
  });
  afterEach(async () => {
    await close?.();
    await server.end();
  });

  const open = async (path: string, admin = server.admin) => {
    const opened = await signedIn(browser, { url: server.url, admin });
    page = opened.page;
    close = () => opened.context.close();
    await page.goto(`${server.url}/console${path}`);
    await settled(page);
  };

  test('counts what is new and moves no row until somebody asks for it', async () => {
    server.findings.add('a1', {
      entity: { kind: 'workload', name: 'first', ip: null, container_uid: null, image: null },
    });
    await open('/');
    await page.getByText('live').waitFor();
    server.findings.add('a2', {
      entity: { kind: 'workload', name: 'second', ip: null, container_uid: null, image: null },
    });
    await page.getByRole('button', { name: '1 new, show' }).waitFor();
    expect(await page.locator('.findings tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: '1 new, show' }).click();
    await page.getByRole('link', { name: 'second' }).waitFor();
    expect(await page.getByRole('button', { name: /new, show/ }).count()).toBe(0);
    await server.findings.change('a1', { what: 'verdict', verdict: 'benign', why: 'x' }, 'another analyst');
    await page.getByText('benign').waitFor();
  });

  test('says that nothing came, and leads to how a source is connected', async () => {
    server.live.status = { ...server.live.status, sources: [] };
    await open('/');
    await page.getByText('Nothing has been read yet.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Connect a source' }).click();
    await page.getByRole('heading', { name: 'Connect the next one' }).waitFor();
  });

  test('says that silence of a blind strategy says little', async () => {
    await open('/');
    await page.getByText('No finding is open.').waitFor();
    await page.getByText('for T1567, silence says little').waitFor();
  });

  test('says when detection fails, and when the server is not ready', async () => {
    const { status } = server.live;
    server.live.status = {
      ...status,
      ready: false,
      ticks: { ...status.ticks, last_error: 'the disk is full' },
    };
    await open('/');
    await page.getByText('Detection fails at the moment:').waitFor();
    await page.getByText('the disk is full').waitFor();
    await page.getByText('nothing has been judged yet').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test('says when the store does not answer, and asks again', async () => {
    server.findings.failure = new Error('gone');
    await open('/').catch(() => undefined);
    await page.getByRole('alert').getByText('the store does not answer now').waitFor();
    expect(await violations(page)).toEqual([]);
    server.findings.failure = null;
    server.findings.add('a1');
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.locator('.findings').waitFor();
  });

  test('says when the connection is lost', async () => {
    await open('/');
    await page.getByText('live').waitFor();
    await server.server.close();
    await page.getByText('The connection to the server is lost').waitFor();
  });

  test('lets a viewer look and nothing else', async () => {
    server.findings.add('a1');
    await open('/findings/a1', await server.secretOf('viewer'));
    await page.getByRole('heading', { name: 'How sure, and why' }).waitFor();
    expect(await page.getByRole('button', { name: /Close with a verdict/ }).count()).toBe(0);
    await page.keyboard.press('c');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
  });

  test('tells who may not sign in, signs out, and keeps no token in the browser', async () => {
    await open('/');
    const kept = await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
    );
    expect(kept).not.toContain('stow_');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').fill(server.ingest);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('a token of role ingest may not read').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Token').fill('stow_guess');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('the token is unknown').waitFor();
  });

  test('closes several findings at once, with one reason', async () => {
    for (const uid of ['a1', 'a2', 'a3']) server.findings.add(uid);
    await open('/');
    await page.locator('.findings').waitFor();
    for (const keys of ['j', 'x', 'j', 'x', 'c']) await page.keyboard.press(keys);
    const dialog = page.getByRole('dialog', { name: 'Close with a verdict' });
    await dialog.getByText('2 findings').waitFor();
    await dialog.getByRole('radio', { name: /benign/ }).check();
    await dialog.getByLabel('Why').fill('the nightly backup');
    await dialog.getByRole('button', { name: 'Close with a verdict' }).click();
    await dialog.waitFor({ state: 'detached' });
    const closed = [...server.findings.kept.values()].filter(({ kept }) => kept.state === 'closed');
    expect(closed.map(({ kept }) => kept.verdict)).toEqual(['benign', 'benign']);
    const { entries } = await server.audit.read({ limit: 10 });
    expect(entries.filter(({ what }) => what === 'finding.closed')).toHaveLength(2);
  });

  test('is usable at the width of a telephone and at 400 % zoom', async () => {
    server.findings.add('a1');
    await open('/');
    for (const path of [
      '/',
      '/findings/a1',
      '/hunt',
      '/graph',
      '/strategies',
      '/allowances',
      '/sources',
      '/responses',
      '/coverage',
      '/audit',
    ]) {
      await page.setViewportSize({ width: 345, height: 700 });
      await page.goto(`${server.url}/console${path}`);
      await settled(page);
      const wide = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect([path, wide]).toEqual([path, 0]);
    }
  });
});
