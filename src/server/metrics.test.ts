import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liveStatus, startTestServer, type TestServer } from './testing/stand-ins.js';

// Journal, findings and status are stand-ins in memory.
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.end());

const metrics = async (token = server.admin): Promise<string> =>
  (await server.call('/metrics', token)).text();
const numberOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

test('numbers of what was taken, refused and done', async () => {
  await server.post('/ingest/falco', '{"a":1}\n{"b":2}\n');
  await server.post('/ingest/falco', '[{"a"');
  await server.post('/ingest/nobody-knows-this', '{}');
  await fetch(`${server.url}/api/v1/findings`);
  server.findings.add('a1');
  const text = await metrics();
  expect(numberOf(text, 'stowaway_ingest_records_total{input="http:falco"}')).toBe(2);
  expect(numberOf(text, 'stowaway_ingest_bytes_total{input="http:falco"}')).toBe(16);
  expect(numberOf(text, 'stowaway_ingest_refused_total{status="400"}')).toBe(1);
  expect(numberOf(text, 'stowaway_authentication_refused_total{status="401"}')).toBe(1);
  expect(numberOf(text, 'stowaway_finding_changes_total{what="opened"}')).toBe(1);
  expect(numberOf(text, 'stowaway_alerts_open{severity="high"}')).toBe(1);
  expect(numberOf(text, 'stowaway_ticks_failed_total')).toBe(1);
  const strategy = 'strategy="T1567-exfiltration-over-web-service"';
  expect(numberOf(text, `stowaway_findings_judged{${strategy},verdict="unjudged"}`)).toBe(4);
  expect(numberOf(text, `stowaway_precision{${strategy},bound="share"}`)).toBeCloseTo(2 / 3);
  expect(numberOf(text, `stowaway_precision{${strategy},bound="low"}`)).toBeCloseTo(0.2077, 4);
  expect(
    numberOf(text, 'stowaway_strategy_state{strategy="T1567-exfiltration-over-web-service",state="blind"}'),
  ).toBe(1);
  expect(numberOf(text, `stowaway_strategy_reasons{${strategy}}`)).toBe(1);
  expect(numberOf(text, 'stowaway_source_latest_event_timestamp_seconds{source="falco"}')).toBe(
    Date.parse('2026-11-21T03:00:00Z') / 1000,
  );
  expect(await metrics()).toContain('stowaway_http_requests_total{route="/ingest/:source",status="200"} 1');
});

test('a strategy that has fired and sees nothing more is told to be blind', async () => {
  const [strategy] = liveStatus().strategies;
  server.live.status = { ...liveStatus(), strategies: [{ ...strategy!, state: 'fired', sight: 'blind' }] };
  const text = await metrics();
  const values = ['whole', 'degraded', 'blind'].map((sight) =>
    numberOf(text, `stowaway_strategy_sight{strategy="${strategy!.id}",sight="${sight}"}`),
  );
  expect(values).toEqual([0, 0, 1]);
  expect(numberOf(text, `stowaway_strategy_state{strategy="${strategy!.id}",state="fired"}`)).toBe(1);
});

test('a client cannot make up labels', async () => {
  for (let n = 0; n < 30; n += 1) {
    await server.post(`/ingest/made-up-${n}`, '{}');
    await server.call(`/made-up-${n}`, server.admin);
    await server.call(`/api/v1/findings/made-up-${n}`, server.admin);
    await server.call(`/api/v1/findings?made-up-${n}=1`, server.admin, { method: 'POST' });
  }
  expect(await metrics()).not.toContain('made-up');
});

test('a source that is there no more has no series left', async () => {
  expect(await metrics()).toContain('source="falco"');
  server.live.status = { ...liveStatus(), sources: [] };
  expect(await metrics()).not.toContain('source="falco"');
});

describe('who may read them', () => {
  test('a viewer; not a producer; nobody without a token', async () => {
    expect((await server.call('/metrics', await server.secretOf('viewer'))).status).toBe(200);
    expect((await server.call('/metrics', server.ingest)).status).toBe(403);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });

  test('anybody, when it is said so', async () => {
    const open = await startTestServer({ metrics: 'open' });
    expect((await fetch(`${open.url}/metrics`)).status).toBe(200);
    await open.end();
  });
});

test('health says that it lives, readiness that it works, and neither anything else', async () => {
  const read = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    return [answer.status, await answer.text()];
  };
  expect([await read('/healthz'), await read('/readyz')]).toEqual([
    [200, 'ok\n'],
    [200, 'ready\n'],
  ]);
  server.live.status = { ...liveStatus(), ready: false };
  expect([await read('/healthz'), await read('/readyz')]).toEqual([
    [200, 'ok\n'],
    [503, 'not ready\n'],
  ]);
});

test('the dashboard shows nothing that is not measured', async () => {
  const file = join(import.meta.dirname, '../../deploy/grafana/stowaway.json');
  const dashboard = JSON.parse(await readFile(file, 'utf8')) as {
    panels: { targets?: { expr: string }[] }[];
  };
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const used = new Set(expressions.flatMap((expr) => expr.match(/\bstowaway_\w+/g) ?? []));
  const text = await metrics();
  const given = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!));
  expect(used.size).toBeGreaterThan(15);
  expect([...used].filter((name) => !given.has(name))).toEqual([]);
});
