import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KeptFinding } from '../src/model/live.js';
import type { ListedAllowance } from '../src/model/live-allowances.js';
import { WEEK } from '../src/output/describe-schedule.js';
import {
  type Lab,
  openBrowser,
  openLab,
  settled,
  signedIn,
  untilFound,
  violations,
  whyNoConsole,
} from './console-lab.js';

/** Saying that something was meant, and trying other values of a parameter, in a real browser before the demo. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const skipped = whyNoConsole();
/** Ticks are slow where the machine is busy. */
const PATIENT = { timeout: 200_000 };

describe.skipIf(skipped !== null)('tuning in the console', () => {
  let lab: Lab;
  let browser: Browser;
  let upload: KeptFinding;

  beforeAll(async () => {
    [lab, browser] = await Promise.all([openLab({ isDemo: true }), openBrowser()]);
    const { findings } = await untilFound(lab, 2);
    upload = findings.find(({ finding }) => finding.entity.name === 'app1')!;
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  const open = async (path: string, theme?: 'light' | 'dark') => {
    const opened = await signedIn(browser, lab, theme);
    await opened.page.goto(`${lab.url}/console${path}`);
    await settled(opened.page);
    return opened;
  };
  const previewed = (page: Page) => page.getByRole('region', { name: 'What it would hide' });

  test('an allowance is given by keyboard with its preview beside it, hides the finding, and is revoked', async () => {
    const { page, context, complaints } = await open(`/findings/${upload.uid}`);
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'Say that it was meant' });
    expect(await dialog.getByLabel('Workload or address').inputValue()).toBe('app1');
    await previewed(page)
      .getByText(/[1-9]\d* of \d+ open/)
      .waitFor(PATIENT);
    expect(await previewed(page).getByRole('link').count()).toBeGreaterThan(0);
    await dialog.getByLabel('Workload or address').fill('another');
    await previewed(page)
      .getByText(/^0 of \d+ open/)
      .waitFor(PATIENT);
    await dialog.getByLabel('Workload or address').fill('app1');
    await dialog.getByLabel('Why').fill('<b>restore test</b>');
    await previewed(page)
      .getByText(/[1-9]\d* of \d+ open/)
      .waitFor(PATIENT);
    await dialog.getByLabel('Who answers for it').press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Suppressed: ').waitFor(PATIENT);
    await page.locator('.history').getByText('by first-admin').first().waitFor(PATIENT);

    await page.keyboard.press('g');
    await page.keyboard.press('l');
    const card = page.locator('.card.allowance');
    await card.getByText('<b>restore test</b>').waitFor();
    await card.getByText(/hid [1-9]/).waitFor();
    await card.getByText('What it hides').click();
    await card.getByRole('link', { name: /app1/ }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await card.getByRole('button', { name: /Revoke/ }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('it was not meant');
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await card.getByText('revoked', { exact: true }).waitFor();
    await page.goto(`${lab.url}/console/findings/${upload.uid}`);
    await page.locator('.history').getByText('no longer suppressed').waitFor(PATIENT);
    const [allowance] = await lab.call<ListedAllowance[]>('/allowances');
    expect(allowance).toMatchObject({ state: 'revoked', revoked: { why: 'it was not meant' } });
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('an allowance for other days hides nothing of this one, and says when it holds', async () => {
    const { page, context, complaints } = await open(`/findings/${upload.uid}`);
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'Say that it was meant' });
    await previewed(page)
      .getByText(/[1-9]\d* of \d+ open/)
      .waitFor(PATIENT);
    await dialog.getByLabel('Only on some days or at some hours').check();
    const days = dialog.getByRole('group', { name: 'Days on which it begins' }).getByRole('checkbox');
    for (const day of await days.all()) await day.uncheck();
    await previewed(page).getByText('a day at least').waitFor(PATIENT);
    const another = WEEK[(new Date(upload.finding.window.from).getUTCDay() + 2) % 7]!;
    await dialog.getByRole('checkbox', { name: another }).check();
    await dialog.getByLabel('Time zone').fill('Mars/Olympus');
    await previewed(page).getByText('a time zone such as').waitFor(PATIENT);
    expect(await dialog.getByRole('button', { name: 'Give the allowance' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Time zone').fill('Europe/Berlin');
    await previewed(page)
      .getByText(/^0 of \d+ open/)
      .waitFor(PATIENT);
    expect(await violations(page)).toEqual([]);
    await dialog.getByLabel('Why').fill('the weekly export');
    await dialog.getByLabel('Who answers for it').press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.goto(`${lab.url}/console/allowances`);
    const card = page.locator('.card.allowance', { hasText: 'the weekly export' });
    await card.getByText(`${another}, 22:00 to 06:00 Europe/Berlin`).waitFor();
    // What cannot be is refused by the server, which browsers complain of.
    expect(complaints.filter((said) => !said.includes('400 (Bad Request)'))).toEqual([]);
    await context.close();
  });

  test('a threshold is tried with the slider, from the finding, and the patch is shown', async () => {
    const { page, context, complaints } = await open(`/findings/${upload.uid}`);
    await page.keyboard.press('t');
    await page.getByRole('heading', { name: 'Tune' }).waitFor();
    await page.getByLabel('Parameter').selectOption('openAt');
    await page.getByRole('button', { name: /^Try \d+ values/ }).click();
    const slider = page.getByRole('slider');
    await slider.waitFor(PATIENT);
    await page.getByText('This is the value in force').waitFor();
    await slider.focus();
    await page.keyboard.press('Home');
    await page.getByText(/openAt: 0 # was/).waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^0 /);
    expect(await page.locator('#tune figcaption').textContent()).toMatch(/Open findings under \d+ values/);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('what somebody judged a true positive cannot be hidden, and the dialog says so', async () => {
    const body = JSON.stringify({ what: 'verdict', verdict: 'true_positive', why: 'an attack' });
    await lab.call(`/findings/${upload.uid}/changes`, { method: 'POST', body });
    const { page, context } = await open(`/findings/${upload.uid}`, 'dark');
    await page.getByRole('button', { name: /It was meant/ }).click();
    await previewed(page).getByText('It is not taken:').waitFor(PATIENT);
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Give the allowance' }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.goto(`${lab.url}/console/strategies/${upload.finding.strategy}`);
    await page.getByText(/Precision: 1\.00 \(0\.21–1\.00\), 1 true and 0 false/).waitFor();
    expect(await violations(page)).toEqual([]);
    await context.close();
  });
});
