import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ConfigSchema } from '../src/model/config.js';
import type { FindingPage } from '../src/model/live.js';
import { contentFolder, PACKAGE_ROOT } from '../src/model/paths.js';
import { type Serving, serve } from '../src/serve.js';
import { openLog } from '../src/server/log.js';

/** A real browser before a real server: what the tests of the console share. */

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why the console cannot be tested here; null when it can. @throws in CI, where a skip must not pass for a success */
export function whyNoConsole(): string | null {
  const reason = !existsSync(CHROMIUM)
    ? `no ${CHROMIUM}`
    : !existsSync(join(PACKAGE_ROOT, 'dist', 'console', 'index.html'))
      ? 'dist/console is not built'
      : null;
  if (reason !== null && process.env.CI && process.getuid?.() === 0)
    throw new Error(`the console cannot be tested: ${reason}`);
  if (reason !== null) console.log(`SKIP: the console: ${reason}`);
  return reason;
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
  });

export interface Lab {
  serving: Serving;
  url: string;
  admin: string;
  call<T>(path: string, init?: RequestInit): Promise<T>;
  close(): Promise<void>;
}

interface LabOptions {
  isDemo?: boolean;
  emulations?: 'off' | 'on';
}

/** A server of its own, with the demo's recordings or with nothing. */
export async function openLab({ isDemo = false, emulations = 'off' }: LabOptions = {}): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'stowaway-console-'));
  const serving = await serve({
    config: ConfigSchema.parse({
      inside: ['10.96.0.0/16'],
      inputs: { host: false },
      serve: { listen: '127.0.0.1:0', tick_seconds: 1, emulations },
    }),
    configFolder: '/',
    stateFolder: join(folder, 'state'),
    ...(isDemo && { replay: join(contentFolder('demo'), 'recordings') }),
    environment: () => undefined,
    log: openLog(process.stderr, 'error'),
  });
  const admin = serving.firstToken!;
  return {
    ...{ serving, url: serving.url, admin },
    async call<T>(path: string, init: RequestInit = {}): Promise<T> {
      const answer = await fetch(`${serving.url}/api/v1${path}`, {
        ...init,
        headers: { authorization: `Bearer ${admin}` },
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    async close() {
      await serving.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks every second until the answer is as wished. */
export async function until<T>(ask: () => Promise<T>, isWished: (answer: T) => boolean): Promise<T> {
  for (let waited = 0; waited < 240; waited += 1) {
    const answer = await ask();
    if (isWished(answer)) return answer;
    await sleep(1000);
  }
  throw new Error('waited for four minutes in vain');
}

/** Until so many strategies have found something. */
export const untilFound = ({ call }: Lab, strategies: number): Promise<FindingPage> =>
  until(
    () => call<FindingPage>('/findings?sort=severity'),
    ({ findings }) => new Set(findings.map(({ finding }) => finding.strategy)).size >= strategies,
  );

/** A page that is signed in, with what the browser complained of. */
export async function signedIn(
  browser: Browser,
  { url, admin }: Pick<Lab, 'url' | 'admin'>,
  theme: 'light' | 'dark' = 'light',
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1380, height: 900 }, colorScheme: theme });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // That nobody is signed in yet is told by a 401.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(`${url}/`);
  await page.getByLabel('Token').fill(admin);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  return { context, page, complaints };
}

/** Waits until a screen shows what it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ state: 'attached' });
  while ((await page.locator('.state[role=status]').count()) > 0) await page.waitForTimeout(50);
}

/** What breaks WCAG 2.2 A and AA, one line each. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
