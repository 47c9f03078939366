import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  EntityPicture,
  EvidencePage,
  FindingContacts,
  FindingFlood,
  FindingLanes,
  FindingPage,
  FindingSeries,
  FindingSummary,
  KeptFinding,
} from '../src/model/live.js';
import {
  type Lab,
  openBrowser,
  openLab,
  settled,
  signedIn,
  until,
  untilFound,
  violations,
  whyNoConsole,
} from './console-lab.js';

/** The console before the demo, in a real browser: what an analyst does with it. */

const skipped = whyNoConsole();

// As text: what runs in the page is not of this program.
const focusedUid = (page: Page) =>
  page.evaluate<string | null>("document.activeElement.getAttribute('data-uid')");
const isOnRadio = (page: Page) => page.evaluate<boolean>("document.activeElement.type === 'radio'");

describe.skipIf(skipped !== null)('the console', () => {
  let lab: Lab;
  let browser: Browser;
  let found: FindingPage;
  const of = (technique: string): KeptFinding =>
    found.findings.find(({ finding }) => finding.technique === technique)!;

  beforeAll(async () => {
    [lab, browser] = await Promise.all([openLab({ isDemo: true }), openBrowser()]);
    found = await untilFound(lab, 4);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  const open = async (path: string, theme?: 'light' | 'dark') => {
    const { page, ...rest } = await signedIn(browser, lab, theme);
    await page.goto(`${lab.url}/console${path}`);
    await settled(page);
    return { page, ...rest };
  };

  test('the demo finds uploads, staging and pushes with the entities that did it', () => {
    const pairs = found.findings.map(({ finding }) => `${finding.technique} ${finding.entity.name}`);
    expect(pairs).toEqual(
      expect.arrayContaining(['T1567 app1', 'T1020 app1', 'T1074.002 stage1', 'T1567.001 dev1']),
    );
  });

  test('what is behind a finding is told by the API, and adds up', async () => {
    const { uid, finding } = of('T1074.002');
    // It opens when the data lies there; what leaves with it comes later.
    const contacts = await until(
      () => lab.call<FindingContacts[]>(`/findings/${uid}/contacts`),
      (all) => all.length > 0,
    );
    expect(contacts.map(({ peer }) => peer)).toEqual(['198.51.100.18']);
    const lanes = await lab.call<FindingLanes>(`/findings/${uid}/lanes`);
    const all = await lab.call<EvidencePage>(`/findings/${uid}/evidence?limit=1000`);
    expect(all.rows.length).toBe(all.total);
    const inLanes = lanes.lanes.flatMap(({ evidence }) => evidence).reduce((sum, { rows }) => sum + rows, 0);
    expect(inLanes).toBe(all.total);
    const first = await lab.call<EvidencePage>(`/findings/${uid}/evidence?limit=10`);
    const second = await lab.call<EvidencePage>(`/findings/${uid}/evidence?limit=10&after=${first.next}`);
    expect([...first.rows, ...second.rows]).toEqual(all.rows.slice(0, 20));
    const one = await lab.call<EvidencePage>(`/findings/${uid}/evidence?limit=1000&class=process`);
    expect(one.total).toBe(all.rows.filter((row) => row.class === 'process').length);
    const { kind, name } = finding.entity;
    const entity = await lab.call<EntityPicture>(`/entity?kind=${kind}&name=${name}`);
    expect(entity.containers).toHaveLength(1);
    expect(entity.peers.some(({ peer }) => peer === '198.51.100.18')).toBe(true);
    const sum = entity.traffic.reduce((all, point) => all + point.out, 0);
    expect(sum).toBe(
      entity.peers.filter(({ is_inside }) => !is_inside).reduce((all, { bytes_out }) => all + bytes_out, 0),
    );
    const summary = await lab.call<FindingSummary>('/findings/summary');
    const page = await lab.call<FindingPage>('/findings?limit=1000');
    expect(summary.total).toBe(page.total);
    const series = await lab.call<FindingSeries[]>(`/findings/series?uid=${uid}&uid=nobody`);
    expect(series.map((one) => one.uid)).toEqual([uid]);
    expect(series[0]!.series.length).toBeGreaterThan(0);
  });

  test('a flood is shown minute by minute, and at whom it was aimed', async () => {
    const { findings } = await untilFound(lab, 5);
    const { uid } = findings.find(({ finding }) => finding.technique === 'T1498.001')!;
    const flood = await lab.call<FindingFlood>(`/findings/${uid}/flood`);
    const sum = flood.minutes.reduce((all, { connections }) => all + connections, 0);
    expect(sum).toBe(flood.targets.reduce((all, { connections }) => all + connections, 0));
    expect(flood.targets.length).toBe(flood.targets_total);
    expect(flood.usual).toBeNull();
    const { page, context, complaints } = await open(`/findings/${uid}`);
    const section = page.locator('#flood');
    await section.getByText('What is usual is not known').waitFor();
    await section.getByText(`${flood.targets_total} targets in all`).waitFor();
    expect(await section.locator('.bar.vain').count()).toBe(flood.minutes.length);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a browser at the root is led to the console, and a shipper is greeted as ever', async () => {
    const { token } = await lab
      .call<{ token: { id: string }; secret: string }>('/tokens', {
        method: 'POST',
        body: JSON.stringify({ holder: 'filebeat', role: 'ingest' }),
      })
      .then(({ secret }) => ({ token: secret }));
    const browserLike = await fetch(`${lab.url}/`, {
      headers: { accept: 'text/html,*/*' },
      redirect: 'manual',
    });
    expect([browserLike.status, browserLike.headers.get('location')]).toEqual([302, '/console/']);
    const shipper = await fetch(`${lab.url}/`, {
      headers: { authorization: `ApiKey ${btoa(`x:${token}`)}`, accept: '*/*' },
    });
    expect([shipper.status, shipper.headers.get('x-elastic-product')]).toEqual([200, 'Elasticsearch']);
  });

  test('a finding is triaged to a verdict by keyboard alone', async () => {
    const { page, context, complaints } = await open('/');
    await page.locator('.findings').waitFor();
    await page.keyboard.press('j');
    const uid = await focusedUid(page);
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await focusedUid(page)).toBe(uid);
    await page.keyboard.press('o');
    await page.getByRole('heading', { name: 'How sure, and why' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/console/findings/${uid}`);
    await page.keyboard.press('e');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('dialog').getByLabel('Why').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let tabs = 0; tabs < 10 && !(await isOnRadio(page)); tabs += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.type('an attack in the lab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.history').getByText('an attack in the lab').first().waitFor();
    const { kept } = await lab.call<{ kept: KeptFinding }>(`/findings/${uid}`);
    expect(kept).toMatchObject({ state: 'closed', verdict: 'true_positive', assignee: 'first-admin' });
    await page.keyboard.press('u');
    await page.locator('.findings').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the address is the state: filters survive a reload and the way back', async () => {
    const { page, context } = await open('/');
    await page.getByLabel('Search entity').fill('stage1');
    await page.waitForURL(/search=stage1/);
    await page.getByRole('button', { name: /^critical/ }).click();
    await page.waitForURL(/severity=critical/);
    await page.reload();
    await settled(page);
    expect(await page.getByLabel('Search entity').inputValue()).toBe('stage1');
    expect(await page.getByRole('button', { name: /^critical/ }).getAttribute('aria-pressed')).toBe('true');
    const rows = page.locator('.findings tbody tr');
    for (const row of await rows.all()) expect(await row.textContent()).toContain('stage1');
    await rows.first().getByRole('link').click();
    await page.getByRole('heading', { name: 'What next' }).waitFor();
    await page.goBack();
    await page.waitForURL(/search=stage1/);
    await context.close();
  });

  test('keys are listed, can be switched off, and the palette finds a finding', async () => {
    const { page, context } = await open('/');
    await page.locator('.findings').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Next finding').waitFor();
    await page.getByRole('checkbox', { name: /single keys/ }).uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    expect(new URL(page.url()).pathname).toBe('/console/');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Screens/ }).fill('stage1');
    await page.getByRole('option', { name: /T1074.002 stage1/ }).waitFor();
    await page.getByRole('option', { name: /T1074.002 stage1/ }).click();
    await page.getByRole('heading', { name: 'stage1' }).waitFor();
    await context.close();
  });

  test('every picture has its sentence and its numbers, and numbers lead to rows', async () => {
    const { uid } = of('T1074.002');
    const { page, context, complaints } = await open(`/findings/${uid}`);
    await page.locator('#clock figure').waitFor();
    for (const figure of await page.locator('figure').all()) {
      expect((await figure.locator('figcaption').textContent())?.length).toBeGreaterThan(20);
      await figure.locator('summary').click();
      expect(await figure.locator('tbody tr').count()).toBeGreaterThan(0);
    }
    const chip = page.locator('.saw button').first();
    const [source, count] = (await chip.textContent())!.trim().split(/\s+/);
    await chip.click();
    await page.locator('#rows').getByText(`of ${count} row`).waitFor();
    for (const cell of await page.locator('#rows tbody td:nth-child(2)').allTextContents())
      expect(cell).toBe(source);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a strategy’s text is read, and a source is connected with a token made for it', async () => {
    const { page, context, complaints } = await open('/strategies');
    await page
      .getByRole('link', { name: /T1074.002/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Blind Spots', exact: true }).waitFor();
    await page.locator('.proof').first().waitFor();
    await page.goto(`${lab.url}/console/sources?connect=Falco`);
    await page.getByRole('button', { name: 'Make a token for it' }).click();
    const snippet = page.locator('.snippet pre').first();
    await snippet.filter({ hasText: 'stow_' }).waitFor();
    const text = await snippet.textContent();
    const secret = /stow_[\w-]+/.exec(text!)![0];
    expect(text).toContain(new URL(lab.url).host);
    const line =
      '{"rule":"x","priority":"Notice","output_fields":{},"time":"2026-11-22T00:00:00Z","output":"x"}';
    const answer = await fetch(`${lab.url}/ingest/falco`, {
      method: 'POST',
      body: line,
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(answer.status).toBe(200);
    await page
      .getByRole('cell', { name: /^falco/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
    let page: Page;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await signedIn(browser, lab, theme);
      page = opened.page;
      close = () => opened.context.close();
    });
    afterAll(() => close());

    const screens: [name: string, path: () => string][] = [
      ['queue', () => '/'],
      ['finding', () => `/findings/${of('T1074.002').uid}`],
      ['strategies', () => '/strategies'],
      ['strategy', () => `/strategies/${of('T1567').finding.strategy}`],
      ['sources', () => '/sources?connect=Vector'],
      ['responses', () => '/responses'],
      ['allowances', () => '/allowances'],
      ['coverage', () => '/coverage'],
      ['coverage, all', () => '/coverage?sources=all'],
      ['audit', () => '/audit'],
      ['entity', () => '/entity?kind=workload&name=stage1'],
      ['hunt', () => '/hunt'],
      ['hunt, what most rows have', () => '/hunt?view=values&field=peer'],
      ['hunt, rhythm', () => '/hunt?view=rhythm'],
      ['hunt, a filter that is wrong', () => '/hunt?filter=peeer%3Ax'],
      ['graph', () => '/graph'],
      ['nothing there', () => '/nowhere'],
    ];

    test('no screen that one can go to is left out', async () => {
      await page.goto(`${lab.url}/console/`);
      const screensOf = page.getByRole('navigation', { name: 'Screens' }).getByRole('link');
      await screensOf.first().waitFor();
      const links = await screensOf.all();
      const paths = await Promise.all(links.map((link) => link.getAttribute('href')));
      expect(paths.length).toBeGreaterThan(8);
      const looked = screens.map(([, path]) => `/console${path()}`);
      expect(paths.filter((path) => !looked.some((one) => one.split('?')[0] === path))).toEqual([]);
    });

    test.each(screens)('axe finds nothing on the screen %s', async (_name, path) => {
      await page.goto(`${lab.url}/console${path()}`);
      await page.locator('main').waitFor();
      if (path() !== '/nowhere') await settled(page);
      // What is scrolled half under the header is reached by scrolling.
      await page.evaluate('scrollTo(0, 0)');
      expect(await violations(page)).toEqual([]);
    });

    test.each([
      ['keys', '?'],
      ['palette', 'Control+k'],
    ])('axe finds nothing over it: %s', async (_name, key) => {
      await page.goto(`${lab.url}/console/`);
      await page.locator('.findings').waitFor();
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      expect(await violations(page)).toEqual([]);
    });

    test.each([
      ['a verdict', 'c'],
      ['an assignment', 'a'],
      ['a note', 'n'],
      ['an allowance', 'm'],
    ])('axe finds nothing over a finding: %s', async (_name, key) => {
      await page.goto(`${lab.url}/console/findings/${of('T1567').uid}`);
      await page.getByRole('heading', { name: 'How sure, and why' }).waitFor();
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      expect(await violations(page)).toEqual([]);
    });

    test('axe finds nothing before somebody signs in', async () => {
      const context = await browser.newContext({ colorScheme: theme });
      const fresh = await context.newPage();
      await fresh.goto(`${lab.url}/`);
      await fresh.getByLabel('Token').waitFor();
      expect(await violations(fresh)).toEqual([]);
      await context.close();
    });
  });
});
