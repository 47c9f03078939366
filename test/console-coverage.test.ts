import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAllAds } from '../src/ads/folder.js';
import { keepOutcomes } from '../src/ads/kept-outcomes.js';
import { scaffoldStrategy } from '../src/ads/scaffold.js';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { readCatalogue } from '../src/server/catalogue.js';
import { readConsole } from '../src/server/console.js';
import { allSources, liveStatus, startTestServer } from '../src/server/testing/stand-ins.js';
import { openBrowser, settled, signedIn, violations, whyNoConsole } from './console-lab.js';

/** What scenarios showed of each source, of a strategy of somebody's own. Outcomes are made up. */

const skipped = whyNoConsole();
const ID = 'T1048.003-sends-mail';

describe.skipIf(skipped !== null)('coverage in the console', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await openBrowser();
    folder = await mkdtemp(join(tmpdir(), 'console-coverage-'));
    await scaffoldStrategy({
      ...{ technique: 'T1048.003', name: 'sends-mail', into: folder, tactic: 'exfiltration' },
    });
    const all = await readAllAds(folder);
    const outcomes = all[0]!.scenarios.map(({ id, sentence }) => ({
      ...{ strategy: ID, scenario: id, sentence, elapsedSeconds: 1, sources: ['zeek-conn'] },
      ...(id.startsWith('quiet-')
        ? { passed: false, reasons: ['<b>it fired</b>'] }
        : { passed: true, reasons: [] }),
    }));
    await keepOutcomes(all, outcomes, { version: '1.2.3' });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (theme: 'light' | 'dark') => {
    const server = await startTestServer({
      console: await readConsole(join(PACKAGE_ROOT, 'dist', 'console')),
      catalogue: await readCatalogue(allSources, [folder]),
    });
    const [state] = liveStatus().strategies;
    server.live.status = { ...liveStatus(), strategies: [{ ...state!, id: ID }] };
    const opened = await signedIn(browser, server, theme);
    const visit = async (path: string) => {
      await opened.page.goto(`${server.url}/console${path}`);
      await settled(opened.page);
    };
    const close = async () => {
      await opened.context.close();
      await server.end();
    };
    return { ...opened, visit, close };
  };

  test('counts scenarios by what they claim, and gives a layer for the Navigator', async () => {
    const { page, visit, close, complaints } = await open('light');
    await visit('/coverage?sources=all');
    const row = page.getByRole('row', { name: /^zeek-conn / });
    await row.getByText('fires 1, quiet 0/1, misses 1').waitFor();
    expect(await violations(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Layer for the ATT&CK Navigator' }).click(),
    ]);
    const layer = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(layer.versions.layer).toBe('4.5');
    await visit('/strategies');
    await page.getByText('2 of 3 scenarios ended as they must').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await visit(`/strategies/${ID}`);
    await page.getByText('<b>it fired</b>').waitFor();
    expect(await violations(page)).toEqual([]);
    await close();
  });

  test('never counts what ran with other inputs', async () => {
    await appendFile(join(folder, ID, 'strategy.md'), '\n');
    const { page, visit, close } = await open('dark');
    await visit('/coverage?sources=all');
    const header = page.getByRole('columnheader', { name: /^T1048\.003 / });
    await header.getByText('tested with other inputs').waitFor();
    const column = await header.evaluate((cell) => (cell as unknown as { cellIndex: number }).cellIndex);
    const row = page.getByRole('row', { name: /^zeek-conn / });
    const told = await row.locator('th, td').nth(column).textContent();
    expect(told).toContain('not tested here');
    expect(told).not.toMatch(/fires|quiet|misses/);
    expect(await violations(page)).toEqual([]);
    await visit('/strategies');
    await page.getByText('changed since its scenarios ran').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await close();
  });
});
