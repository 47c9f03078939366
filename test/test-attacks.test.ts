import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { whyNoLab } from '../src/emulate/lab/engine-kinds.js';
import { LabLedger } from '../src/emulate/lab/ledger.js';
import { LiveTestAttacks } from '../src/live/test-attacks.js';
import { readEmulations } from '../src/model/emulation.js';
import type { KeptFinding } from '../src/model/live.js';
import { contentFolder } from '../src/model/paths.js';
import type { TestAttack, TestAttackOffer } from '../src/model/test-attacks.js';
import { liveStatus, MemoryFindings, MemoryJournal } from '../src/server/testing/stand-ins.js';
import {
  type Lab,
  openBrowser,
  openLab,
  settled,
  signedIn,
  until,
  violations,
  whyNoConsole,
} from './console-lab.js';

/** Test attacks that a server starts against itself: real containers, real sensors, the command line of dist/. STOWAWAY_PICTURES names a folder for pictures. */

const reason = whyNoConsole() ?? (await whyNoLab('docker'));
if (reason !== null) console.log(`SKIP: test attacks: ${reason}`);

const pictures = process.env.STOWAWAY_PICTURES;

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

/** Labs that the command of this attack opened: other test files have theirs at the same time. */
async function labsOf({ prefix }: TestAttack): Promise<string[]> {
  const labs = await LabLedger.all();
  const commands = labs.map(({ owner }) => readFile(`/proc/${owner.pid}/cmdline`, 'utf8').catch(() => ''));
  const isOf = (await Promise.all(commands)).map((command) => command.includes(prefix));
  return labs.flatMap(({ id }, index) => (isOf[index] ? [id] : []));
}

describe.skipIf(reason !== null)('from the console', () => {
  let lab: Lab;
  let browser: Browser;
  beforeAll(async () => {
    [lab, browser] = await Promise.all([openLab({ emulations: 'on' }), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  test('one is started, found under a name of its own, and leads to its finding', async () => {
    const { page, context, complaints } = await signedIn(browser, lab);
    await page.goto(`${lab.url}/console/`);
    await settled(page);
    await page.getByRole('link', { name: 'send a test attack' }).click();
    await page.getByRole('button', { name: /^Start curl-put / }).click();
    const last = page.getByRole('region', { name: 'The last test attack' });
    await last.getByText('It goes on').waitFor();
    expect(await page.getByRole('button', { name: /^Start curl-put / }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await last.getByText('Found', { exact: true }).waitFor({ timeout: 540_000 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page)).toEqual([]);
      await page.locator('#test-attack').evaluate((section) => section.scrollIntoView());
      if (pictures) await page.screenshot({ path: join(pictures, `test-attack-${colorScheme}.png`) });
    }
    await last.getByRole('link', { name: /^T1567 test-attack-[0-9a-f]{8}-app1/ }).click();
    await page.getByRole('heading', { name: /^test-attack-[0-9a-f]{8}-app1/ }).waitFor();
    await page.locator('.history').getByText('the test attack curl-put, which first-admin started').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
    const { entries } = await lab.call<{ entries: { what: string; target: string; who: string }[] }>(
      '/audit',
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ what: 'test-attack.start', target: 'curl-put', who: 'first-admin' }),
    );
    const { findings } = await lab.call<{ findings: KeptFinding[] }>('/findings?suppressed=true');
    for (const { finding } of findings) expect(finding.entity.name).toMatch(/^test-attack-/);
  });

  test('one that is stopped removes its lab', async () => {
    const body = JSON.stringify({ attack: 'low-and-slow' });
    await lab.call('/test-attacks', { method: 'POST', body });
    const last = async () => (await lab.call<TestAttackOffer>('/test-attacks')).last!;
    const attack = await until(last, ({ progress }) => progress.includes('detonating'));
    const labs = await labsOf(attack);
    expect(labs).not.toEqual([]);
    await lab.call('/test-attacks/stop', { method: 'POST', body: '{}' });
    const stopped = await until(last, ({ ended_at }) => ended_at !== null);
    expect(stopped).toMatchObject({ phase: 'stopped', found: [] });
    const left = (await LabLedger.all()).map(({ id }) => id);
    expect(left.filter((id) => labs.includes(id))).toEqual([]);
  });
});

describe.skipIf(reason !== null)('without a console', () => {
  test('what nobody judges is not found, and says who could not look', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'test-attack-'));
    const journal = new MemoryJournal();
    // A judgement ends with each look.
    let count = 0;
    const status = () => {
      count += 1;
      return { ...liveStatus(), ticks: { ...liveStatus().ticks, count } };
    };
    const attacks = new LiveTestAttacks({
      ...{ mode: 'on', folder, journal, findings: new MemoryFindings(), judgedWithinMs: 100 },
      emulations: await readEmulations(contentFolder('strategies')),
      status,
    });
    const { prefix } = await attacks.start('curl-put', 'somebody');
    await expect(attacks.start('curl-put', 'somebody')).rejects.toThrow('one at a time');
    const { last } = await until(
      () => attacks.offer(),
      ({ last }) => last!.ended_at !== null,
    );
    expect(last).toMatchObject({ phase: 'not found', reasons: ['T1567 is blind: no egress'] });
    const inputs = journal.appended.map(({ input }) => input);
    expect(inputs).toContain('test attack curl-put/inspect.ndjson');
    expect(inputs.some((input) => input.includes('conntrack'))).toBe(true);
    expect(inputs.some((input) => input.includes('sense.json'))).toBe(false);
    expect(journal.lines.some((line) => line.includes(`/${prefix}-app1"`))).toBe(true);
    await rm(folder, { recursive: true, force: true });
  });
});
