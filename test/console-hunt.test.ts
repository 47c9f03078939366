import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventHistogram, EventRows, ServiceGraph } from '../src/model/explore.js';
import type { FindingMark, FindingPage } from '../src/model/live.js';
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

/** Hunting in the console before the demo, in a real browser: from a question to rows, to somebody else, to a finding. */

const skipped = whyNoConsole();

describe.skipIf(skipped !== null)('hunting', () => {
  let lab: Lab;
  let browser: Browser;
  let found: FindingPage;

  beforeAll(async () => {
    [lab, browser] = await Promise.all([openLab({ isDemo: true }), openBrowser()]);
    found = await untilFound(lab, 4);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  const open = async (path: string) => {
    const { page, ...rest } = await signedIn(browser, lab);
    await page.goto(`${lab.url}/console${path}`);
    await settled(page);
    return { page, ...rest };
  };
  const asked = (filter: string) => `table=connection&filter=${encodeURIComponent(filter)}`;

  test('a question is typed, counted, listed, sorted, and leads on', async () => {
    const { page, context, complaints } = await open('/hunt');
    const filter = 'entity:app1 bytes_out>1MB';
    await page.getByLabel('Filter').fill(filter);
    await page.keyboard.press('Enter');
    await page.waitForURL(/filter=entity%3Aapp1/);
    const { total } = await lab.call<EventHistogram>(`/events/histogram?${asked(filter)}`);
    await page.getByText(`${total} rows, the latest first`).waitFor();
    await page.getByRole('button', { name: /^bytes_out/ }).click();
    await page.waitForURL(/sort=bytes_out/);
    const { rows } = await lab.call<EventRows>(`/events?${asked(filter)}&sort=bytes_out`);
    const first = page.locator('.rows tbody tr:not(.spacer)').first();
    await first.getByText(String(rows[0]!.fields.peer)).waitFor();
    await page.reload();
    await settled(page);
    expect(await page.getByLabel('Filter').inputValue()).toBe(filter);
    await first.locator('.row-open').click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'not this peer' }).click();
    await page.waitForURL(/-peer/);
    await page
      .getByText(`${total - rows.filter(({ fields }) => fields.peer === rows[0]!.fields.peer).length} row`)
      .waitFor();
    await page.goBack();
    await first.getByRole('link', { name: 'app1' }).click();
    await page.getByRole('heading', { name: 'app1' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a row leads to the finding about it', async () => {
    const { page, context } = await open('/hunt?filter=entity%3Astage1');
    const link = page.locator('td.of-findings a').first();
    const technique = await link.textContent();
    await link.click();
    await page.getByRole('heading', { name: 'How sure, and why' }).waitFor();
    expect(await page.locator('.kicker').textContent()).toContain(technique);
    await context.close();
  });

  test('what is wrong with a filter is told with its place', async () => {
    const { page, context } = await open('/hunt?filter=app%3Assh%20peeer%3Ax');
    await page
      .getByText('column 9 of the filter: connections have no field peeer; did you mean peer?')
      .waitFor();
    expect(await page.getByLabel('Filter').getAttribute('aria-invalid')).toBe('true');
    await context.close();
  });

  test('of many rows only those that can be seen are drawn', async () => {
    // The demo's recording with so many plays two minutes after the start.
    await expect
      .poll(async () => (await lab.call<EventHistogram>('/events/histogram?table=file')).total, {
        timeout: 270_000,
      })
      .toBeGreaterThan(300);
    const { page, context, complaints } = await open('/hunt?table=file');
    const rows = page.locator('.rows tbody tr:not(.spacer)');
    await rows.first().locator('.row-open').waitFor();
    expect(await rows.count()).toBeLessThan(80);
    const { rows: known } = await lab.call<EventRows>('/events?table=file&offset=250&limit=1');
    await page.evaluate("document.querySelector('.scroll.rows').scrollTop = 250 * 31");
    await rows
      .filter({ hasText: String(known[0]!.fields.file_path) })
      .first()
      .waitFor();
    expect(await rows.count()).toBeLessThan(80);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the most common values narrow, and a pair’s rhythm is drawn with its numbers', async () => {
    const { page, context, complaints } = await open('/hunt?view=values&field=peer&filter=entity%3Aapp1');
    await page.getByRole('button', { name: 'only this peer' }).first().click();
    await page.waitForURL(/peer%3A/);
    await page.goto(`${lab.url}/console/hunt?view=rhythm`);
    await settled(page);
    const figures = page.locator('section[aria-label="Rhythm of the pair"] figure');
    await figures.nth(3).waitFor();
    for (const figure of await figures.all()) {
      expect((await figure.locator('figcaption').textContent())!.length).toBeGreaterThan(20);
      await figure.locator('summary').click();
      expect(await figure.locator('tbody tr').count()).toBeGreaterThan(0);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the graph’s edges are links that find their connections, by keyboard too', async () => {
    const graph = await lab.call<ServiceGraph>('/graph?edges=all');
    expect(graph.edges.length).toBeGreaterThan(4);
    const { page, context, complaints } = await open('/graph?edges=all');
    const edge = page.getByRole('link', { name: /^app1 to .*: \d+ connection/ }).first();
    const [, count] = /: (\d+) connection/.exec((await edge.getAttribute('aria-label'))!)!;
    await edge.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/hunt\?/);
    await settled(page);
    await page.getByText(new RegExp(`^${count} rows?,`)).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a finding shows its neighbours, what was deployed, and itself as OCSF', async () => {
    const { uid, finding } = found.findings.find(({ finding }) => finding.technique === 'T1074.002')!;
    const { page, context, complaints } = await open(`/findings/${uid}`);
    const neighbours = page.locator('#neighbours');
    // An edge that is level has no height of its own: nodes are waited for.
    for (const name of ['198.51.100.18', 'src2', 'src3', 'stage1'])
      await neighbours.locator('.node').filter({ hasText: name }).first().waitFor();
    expect(await neighbours.locator('.edge .new').count()).toBeGreaterThan(3);
    const marks = await lab.call<FindingMark[]>(`/findings/${uid}/marks`);
    expect(marks.map(({ what }) => what)).toContain('container');
    await page.locator('.marks').getByText('container started').first().waitFor();
    await page.locator('#ocsf summary').click();
    const text = await page.locator('#ocsf pre').textContent();
    expect(JSON.parse(text!)).toMatchObject({ class_uid: 2004, finding_info: { uid: finding.uid } });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
