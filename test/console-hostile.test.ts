import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TriedValues, Tunable } from '../src/live/tuning.js';
import { fieldsOf } from '../src/model/event-query/tables.js';
import type { Explorations } from '../src/model/explore.js';
import type { FindingDetail } from '../src/model/hunt-result.js';
import type { Investigations } from '../src/model/live.js';
import type { Allowances, ListedAllowance } from '../src/model/live-allowances.js';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import type { TestAttacks } from '../src/model/test-attacks.js';
import { readCatalogue } from '../src/server/catalogue.js';
import { readConsole } from '../src/server/console.js';
import type { ServerOptions } from '../src/server/server.js';
import {
  allSources,
  liveStatus,
  MemoryFindings,
  noNotifications,
  startTestServer,
  type TestServer,
} from '../src/server/testing/stand-ins.js';
import { openBrowser, settled, signedIn, whyNoConsole } from './console-lab.js';

/** What an attacker writes into logs is shown, and nothing else: on every screen, in a real browser. */

const skipped = whyNoConsole();

/** Several in one text where each is what it is wherever it stands: a value is looked at on every screen, which takes half a minute. */
const HOSTILE: [name: string, text: string][] = [
  [
    'markup: an end of an attribute, an image, a script, SVG',
    '" autofocus onfocus="window.owned=1" x="<img src=x onerror="window.owned=1"></script><script>window.owned=1</script><svg/onload=window.owned=1>',
  ],
  [
    'languages: a template, an entity, Markdown',
    '{{constructor.constructor("window.owned=1")()}} {%window.owned=1%} &lt;img src=x onerror=window.owned=1&gt; [x](javascript:window.owned=1) ![x](https://evil.example/x.png) <b>x</b>',
  ],
  ['an address that is a script', 'javascript:window.owned=1'],
  [
    'what turns, cannot be seen, controls, or is half a character',
    'gpj.\u202etxt\u202c\u2066\u2069 \u200fx app\u200b\u200d\ufeff\u00ad1 \u{e0041}\u{e0042} \u0000\u0007\u001b[31mred\u001b[0m\u009b31m\r\nsecond line\u2028third \ud800x\udc00',
  ],
  ['a huge word', 'A'.repeat(200_000)],
  ['many marks on one letter', `Z${'\u0301'.repeat(5000)}`],
  ['a path', '../../../etc/passwd?x=1#y'],
  ['a name of the language', '__proto__'],
];

/** Evidence, lanes and entity that say the same. */
function saying(text: string): Investigations {
  const at = '2026-11-21T03:00:00.000000Z';
  const row = { time: at, source: text, class: 'process' as const, text, file: text, line: 1 };
  return {
    summary: async () => ({ total: 1, severity: { high: 1 }, strategy: { [text]: 1 } }),
    precision: async () => [],
    days: async () => [],
    series: async (uids) =>
      uids.map((uid) => ({
        uid,
        bucket_seconds: 1,
        series: [{ time: at, bytes_out: 5 }],
        baseline: { rung: text, median: 1, upper: 2 },
      })),
    evidence: async () => ({ rows: [row, { ...row, line: 2 }], total: 2, next: null }),
    lanes: async () => ({
      ...{ from: at, to: '2026-11-21T03:02:00.000000Z', bucket_seconds: 1 },
      lanes: [
        {
          source: text,
          evidence: [{ bucket: 3, class: 'process', rows: 2 }],
          alive: [{ bucket: 3, rows: 2 }],
        },
      ],
    }),
    contacts: async () => [
      {
        peer: text,
        contacts: Array.from({ length: 8 }, (_, index) => ({
          time: `2026-11-21T03:00:0${index}.000000Z`,
          bytes_out: 5,
          bytes_in: 1,
        })),
        total: 8,
      },
    ],
    flood: async () => ({
      minutes: [{ time: at, connections: 5, futile: 2, packets: 9 }],
      usual: { minutes: 30, connections: { median: 1, upper: 2 }, packets: { median: 1, upper: 2 } },
      targets: [{ ip: text, peer: text, port: 1, protocol: text, connections: 5, packets: 9 }],
      targets_total: 1,
    }),
    marks: async () => [{ time: at, what: 'exec', text }],
    entity: async (kind, name) => ({
      ...{ kind, name, bucket_seconds: 1, traffic: [{ time: at, out: 5, in: 2 }], peers_total: 1 },
      containers: [{ container_uid: text, container_name: text, image: text }],
      addresses: [{ ip: text, from: at, to: at, confidence: 1 }],
      peers: [
        {
          peer: text,
          port: 1,
          app: text,
          is_inside: false,
          role: 'initiator',
          first: at,
          last: at,
          bytes_out: 5,
          bytes_in: 1,
          connections: 1,
        },
      ],
    }),
  };
}

/** Rows, values, pairs and neighbours that say the same. */
function exploring(text: string): Explorations {
  const span = { from: '2026-11-21T03:00:00.000Z', to: '2026-11-21T03:10:00.000Z' };
  const contacts = Array.from({ length: 8 }, (_, index) => ({
    time: `2026-11-21T03:00:0${index}.000000Z`,
    ...{ bytes_out: 5, bytes_in: 1 },
  }));
  const node = { is_inside: true, members: 1, findings: 1, filter_from: '', filter_to: '', name: text };
  return {
    rows: async ({ table }) => ({
      ...{ ...span, reachable: 10_000 },
      rows: [
        {
          time: contacts[0]!.time,
          fields: Object.fromEntries(
            Object.entries(fieldsOf(table)).map(([name, { type }]) => [
              name,
              type === 'time'
                ? contacts[0]!.time
                : type === 'list'
                  ? [text]
                  : type === 'entity'
                    ? `workload:${text}`
                    : text,
            ]),
          ),
          findings: [{ uid: 'a1', technique: text }],
        },
      ],
    }),
    histogram: async () => ({
      ...{ ...span, bucket_seconds: 1, total: 1, bytes_field: 'bytes_out', rows_span: span },
      buckets: [{ time: contacts[0]!.time, rows: 1, bytes: 5 }],
    }),
    values: async ({ field }) => ({
      ...{ ...span, field, distinct: 1, values: [{ value: text, rows: 1, bytes: 5 }] },
    }),
    pairs: async () => ({
      ...span,
      pairs: [
        {
          ...{ entity: `workload:${text}`, peer: text, connections: 8, bytes_out: 5 },
          ...{ pause_seconds: 1, deviation_seconds: 0, regularity: 1 },
        },
      ],
    }),
    rhythm: async () => ({
      ...{ ...span, contacts, total: 8 },
      quarters: [{ time: '2026-11-21T03:00:00Z', connections: 8, bytes_out: 5 }],
    }),
    graph: async () => ({
      ...{
        ...span,
        edges_total: 1,
        nodes_total: 3,
        unusual_total: 1,
        is_grouped: false,
        history_from: span.from,
      },
      nodes: [
        { ...node, id: 'a', kind: 'entity', name: `workload:${text}` },
        { ...node, id: 'b', kind: 'destination' },
        { ...node, id: 'c', kind: 'group' },
      ],
      edges: ['b', 'c'].map((to) => ({
        ...{ from: 'a', to, connections: 1, bytes_out: 5, bytes_in: 1, ports: [1], apps: [text] },
        ...{ first: contacts[0]!.time, last: contacts[1]!.time, is_new: true, is_loud: true },
      })),
    }),
  };
}

const STRATEGY = 'T1567-exfiltration-over-web-service';

/** An allowance, and what would be hidden, that say the same. */
function allowing(text: string): Allowances {
  const deed = { by: text, at: '2026-11-21T03:00:00.000Z', why: text };
  const one: ListedAllowance = {
    ...{ id: 'a1', state: 'revoked', given: deed, revoked: deed, hid: 1, hides: 1 },
    allowance: {
      ...{ workload: text, image: text, destinations: [text], techniques: [text], schedule: null },
      ...{ reason: text, owner: text, expires: null },
    },
  };
  const kept = [...new HostileFindings(text).kept.values()].map((each) => each.kept);
  const hidden = { looked_at: 1, hidden: 1, findings: kept };
  return {
    list: async () => [one],
    preview: async () => ({ refused: text, true_positives: kept, open: hidden, past: hidden, opened: [] }),
    add: async () => one,
    revoke: async () => one,
  };
}

/** Values of a parameter under which findings say the same. */
function trying(text: string): ServerOptions['tuning'] {
  const parameter: Tunable = {
    ...{ name: 'openAt', type: 'Float64', unit: 'score', default: 0.6, reason: 'a judgement' },
    ...{ values: [0.6, 0.7], analytics: [] },
  };
  const at = '2026-11-21T03:00:00.000Z';
  const change = {
    ...{
      kind: 'vanishes' as const,
      uid: 'a1',
      technique: 'T1567',
      entity: text,
      window: { from: at, to: at },
    },
    ...{ score: { before: 0.65, after: null }, why: [text], instead: null, verdict: null, is_kept: true },
  };
  const tried = (value: number, changes: TriedValues['values'][number]['changes']) => ({
    ...{ value, is_current: value === 0.6, open: 1, lost: [], false_gone: [], failures: [text] },
    ...{ changes, changes_total: changes.length, patch: 'parameters:' },
  });
  return {
    parameters: () => [parameter],
    backtest: async () => ({
      ...{ parameter, judged: { from: at, to: at }, left_out: [] },
      values: [tried(0.6, []), tried(0.7, [change])],
    }),
  };
}

/** A test attack of which everything that was told says the same. */
const attacking = (text: string): TestAttacks => ({
  offer: async () => ({
    ...{ mode: 'on', unavailable: text, attacks: [offered] },
    last: {
      ...{ id: 'curl-put', strategy: STRATEGY, title: text, by: text, prefix: 'test-attack-1' },
      ...{ started_at: '2026-11-21T03:00:00.000Z', ended_at: null, phase: 'not found', progress: [text] },
      expected: [{ strategy: STRATEGY, entity: text }],
      found: [{ uid: 'a1', strategy: STRATEGY, entity: text }],
      reasons: [text],
    },
  }),
  start: () => Promise.reject(new Error('none is started here')),
  stop: () => false,
});
const offered = {
  ...{ id: 'curl-put', strategy: STRATEGY, technique: 'T1567', title: 'x', does: 'x', safety: 'x' },
  ...{ seconds: 1, needs_engine: false },
};

const catalogue = await readCatalogue(allSources);
const failing = (text: string): ServerOptions['catalogue'] => ({
  ...catalogue,
  validation: catalogue.validation.map((one) => ({
    ...one,
    ...{ scenarios: 'current', at: '2026-11-21T03:00:00.000Z', version: text, passed: 1 },
    failures: [{ scenario: text, why: text }],
  })),
});

/** Findings whose every text is hostile. */
class HostileFindings extends MemoryFindings {
  constructor(readonly text: string) {
    super();
    const window = { from: '2026-11-21T03:00:00.000Z', to: '2026-11-21T03:01:00.000Z' };
    const kept = this.add('a1', {
      ...{
        technique: 'T1498.001',
        title: text,
        why: text,
        window,
        suppressed_by: text,
        evidence_query: text,
        incident: text.slice(0, 100),
      },
      entity: { kind: 'workload', name: text, ip: text, container_uid: text, image: text },
      destinations: [{ ip: text, port: 1, domain: text, bytes_out: 5 }],
      terms: [
        {
          analytic: text,
          class: 'process',
          likelihood: 0.9,
          counted: true,
          measured: { [text]: text, bytes_out: 5 },
          says: text,
          window,
        },
      ],
    });
    kept.assignee = text;
    this.kept
      .get('a1')!
      .events.push({ uid: 'a1', version: 2, at: window.from, what: 'note', who: text, why: text });
  }
  override async get(uid: string) {
    const found = await super.get(uid);
    const at = '2026-11-21T03:00:10.000000Z';
    const detail: FindingDetail = {
      ...{ uid, bucket_seconds: 1, evidence_total: 1, baseline: { rung: this.text, median: 1, upper: 2 } },
      series: [{ time: at, bytes_out: 5 }],
      evidence: [
        { time: at, source: this.text, class: 'process', text: this.text, file: this.text, line: 1 },
      ],
    };
    return found && { ...found, detail: detail as never };
  }
}

describe.skipIf(skipped !== null)('shown as text and harmless', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test.each(HOSTILE)('%s', async (_name, text) => {
    const server = await serverSaying(text);
    const { page, context, complaints } = await signedIn(browser, { url: server.url, admin: server.admin });
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    const screens = [
      '/',
      '/findings/a1',
      '/strategies',
      `/strategies/${STRATEGY}`,
      '/sources',
      '/audit',
      '/allowances',
      '/coverage',
      '/entity?kind=workload&name=x',
      '/hunt',
      '/hunt?view=values',
      '/hunt?view=rhythm',
      `/hunt?${new URLSearchParams({ filter: `"${text.slice(0, 300)}` })}`,
      '/graph',
    ];
    for (const screen of screens) {
      await page.goto(`${server.url}/console${screen}`);
      await settled(page);
      await page.waitForTimeout(100);
      await lookAt(page, screen);
    }
    await page.goto(`${server.url}/console/strategies/${STRATEGY}#tune`);
    await page.getByRole('button', { name: 'Try 2 values' }).click();
    await page.getByRole('slider').press('End');
    await page.getByText('Would be gone').waitFor();
    await lookAt(page, 'tune');
    await page.goto(`${server.url}/console/findings/a1`);
    await page.getByRole('button', { name: /It was meant/ }).click();
    await page.getByRole('heading', { name: 'What it would hide' }).waitFor();
    await page.waitForTimeout(600);
    await lookAt(page, 'allow');
    await page.goto(`${server.url}/console/`);
    await page.locator('.findings').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Screens/ }).fill('x');
    await lookAt(page, 'palette');
    expect(dialogs).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
    await server.end();
  });
});

/** One that was given up, with what its receiver answered. */
const refusedWith = (text: string): ServerOptions['outbox'] => ({
  ...noNotifications,
  status: async () => [
    {
      ...{ name: 'soc', type: 'webhook', oldest_waiting: null, last_sent: null, rests_until: null },
      counts: { waiting: 0, sending: 0, sent: 0, failed: 1, replaced: 0, held: 0 },
      last_answer: text,
    },
  ],
  failed: async () => [
    {
      ...{ channel: 'soc', notice: text, what: 'opened', subject: text, severity: 'high', attempts: 1 },
      ...{ offered: '2026-11-21T03:00:00.000Z', last_tried: null, answer: text, final: null },
    },
  ],
});

async function serverSaying(text: string): Promise<TestServer> {
  const server = await startTestServer({
    console: await readConsole(join(PACKAGE_ROOT, 'dist', 'console')),
    findings: new HostileFindings(text),
    investigations: saying(text),
    explorations: exploring(text),
    allowances: allowing(text),
    tuning: trying(text),
    testAttacks: attacking(text),
    catalogue: failing(text),
    outbox: refusedWith(text),
  });
  const status = liveStatus();
  server.live.status = {
    ...status,
    ticks: { ...status.ticks, last_error: text },
    mismatches: 1,
    last_mismatch: text,
    strategies: status.strategies.map((strategy) => ({ ...strategy, title: text, reasons: [text] })),
    sources: [{ ...status.sources[0]!, source: text, trouble: text }],
  };
  await server.audit.append({
    who: text,
    token: 'x',
    what: text,
    target: text,
    detail: { [text]: text },
    from: '127.0.0.1',
  });
  return server;
}

/** Nothing ran, nothing became an element, nothing turns or hides text, nothing breaks the page's width. */
async function lookAt(page: Page, screen: string): Promise<void> {
  const seen = await page.evaluate<{
    owned: boolean;
    foreign: number;
    text: string;
    title: string;
    wide: number;
  }>(`({
    owned: 'owned' in window,
    foreign: document.querySelectorAll('img, iframe, object, embed, b, [onerror], [onload], [onfocus], a[href^="javascript"]').length,
    text: document.body.textContent,
    title: document.title,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  })`);
  expect([screen, seen.owned, seen.foreign]).toEqual([screen, false, 0]);
  // Control and format characters, lone surrogates and separators are written out; newlines are of commands that we wrote.
  expect([
    screen,
    /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(`${seen.text}${seen.title}`)?.[0] ?? '',
  ]).toEqual([screen, '']);
  expect([screen, seen.wide]).toEqual([screen, 0]);
  expect([screen, seen.text.length < 120_000 ? 'short' : seen.text.length]).toEqual([screen, 'short']);
}
