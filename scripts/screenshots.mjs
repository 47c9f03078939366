#!/usr/bin/env node
// Pictures of every screen of the console in both themes, of the demo, into docs/images/console (or the folder given). Takes a
// Chromium (CHROMIUM, default /usr/bin/chromium); nothing is downloaded.
// usage: node scripts/screenshots.mjs [folder] [--only coverage,strategies]
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { startDemo } from './demo-server.mjs';

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' } },
  allowPositionals: true,
});
const only = values.only?.split(',');
const isWanted = ([name]) => only === undefined || only.includes(name);
const folder = resolve(positionals[0] ?? join(import.meta.dirname, '..', 'docs', 'images', 'console'));
mkdirSync(folder, { recursive: true });

const demo = await startDemo();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
});
/** What stands on the screen once somebody did something there. */
const acts = {
  async allow(page) {
    await page.getByRole('button', { name: /It was meant/ }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('restore test, change 4711');
    await page.getByLabel('Only on some days or at some hours').check();
    await page.getByText(/closed, which stay/).waitFor();
  },
  async tune(page) {
    await page.getByRole('button', { name: /^Try \d+ values/ }).click();
    await page.getByRole('slider').press('End', { timeout: 120_000 });
    await page.evaluate(() => document.getElementById('tune').scrollIntoView());
  },
};

try {
  await demo.untilFound(5);
  const [worst] = await demo.findings();
  const find = async (technique) =>
    (await demo.findings()).find(({ finding }) => finding.technique === technique);
  const staged = await find('T1074.002');
  const flood = await find('T1498.001');
  const upload = await find('T1567');
  const periodic = (await demo.findings()).find(({ finding }) => finding.entity.name === 'cron1');
  const screens = [
    ['queue', '/'],
    ['finding', `/findings/${worst.uid}`],
    ['evidence', `/findings/${worst.uid}#clock`],
    ...(staged ? [['finding-staging', `/findings/${staged.uid}`]] : []),
    ...(periodic ? [['rhythm', `/findings/${periodic.uid}#rhythm`]] : []),
    ...(flood ? [['flood', `/findings/${flood.uid}#flood`]] : []),
    ['neighbours', `/findings/${(staged ?? worst).uid}#neighbours`],
    ['hunt', '/hunt?filter=time%3E-1h%20-entity%3Abot1'],
    ['hunt-values', '/hunt?filter=time%3E-1h&view=values&field=peer'],
    ['hunt-rhythm', '/hunt?filter=time%3E-1h%20entity%3Acron1&view=rhythm'],
    ['graph', '/graph?filter=time%3E-1h'],
    ['strategies', '/strategies'],
    ['strategy', `/strategies/${worst.finding.strategy}`],
    ['allowances', '/allowances'],
    ['sources', '/sources'],
    ['connect', '/sources?connect=Falco'],
    ['coverage', '/coverage'],
    [
      'entity',
      `/entity?kind=${worst.finding.entity.kind}&name=${encodeURIComponent(worst.finding.entity.name)}`,
    ],
    ['audit', '/audit'],
  ].filter(isWanted);
  const given = await demo.allow({
    ...{ workload: 'cron1', reason: 'load test, change 4711', owner: 'performance@example.com' },
    expires: new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10),
  });
  while ((await given()).hid === 0) await sleep(1000);
  for (const theme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: { width: 1240, height: 800 }, colorScheme: theme });
    const page = await context.newPage();
    await page.goto(`${demo.url}/`, { waitUntil: 'load' });
    await page.locator('#token').waitFor();
    if (isWanted(['sign-in'])) await page.screenshot({ path: join(folder, `sign-in-${theme}.png`) });
    await page.fill('#token', demo.token);
    await page.keyboard.press('Enter');
    await page.locator('.findings').waitFor();
    for (const [name, path] of screens) {
      await page.goto(`${demo.url}/console${path}`, { waitUntil: 'load' });
      await page.locator('main h1').first().waitFor({ state: 'attached' });
      while ((await page.locator('.state[role=status]').count()) > 0) await sleep(50);
      await page.evaluate(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
      await sleep(500);
      await page.screenshot({ path: join(folder, `${name}-${theme}.png`) });
    }
    for (const [name, path] of [
      ['allow', `/findings/${worst.uid}`],
      ['tune', `/strategies/${upload.finding.strategy}?analytic=outbound-volume#tune`],
    ].filter(isWanted)) {
      await page.goto(`${demo.url}/console${path}`, { waitUntil: 'load' });
      await acts[name](page);
      await sleep(500);
      await page.screenshot({ path: join(folder, `${name}-${theme}.png`) });
    }
    await page.goto(`${demo.url}/console/`, { waitUntil: 'load' });
    await page.locator('.findings').waitFor();
    for (const [name, key] of [
      ['help', '?'],
      ['palette', 'Control+k'],
    ].filter(isWanted)) {
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      await page.screenshot({ path: join(folder, `${name}-${theme}.png`) });
      await page.keyboard.press('Escape');
    }
    await context.close();
  }
} finally {
  await browser.close();
  await demo.stop();
}

// What takes a real engine is pictured by the tests that have one, or they say why they cannot.
const tests = { responses: 'test/respond-console.test.ts', 'test-attack': 'test/test-attacks.test.ts' };
const wanted = Object.entries(tests).filter(isWanted);
if (wanted.length > 0)
  spawnSync('npx', ['vitest', 'run', ...wanted.map(([, file]) => file)], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, STOWAWAY_PICTURES: folder },
    stdio: 'inherit',
  });
