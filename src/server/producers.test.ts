import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLetter } from '../ingest/envelopes.js';
import { tellSource } from './source-names.js';
import { allSources, startTestServer, type TestServer } from './testing/stand-ins.js';

// The journal is a stand-in that keeps lines in memory; what sources make of the lines is asked of the real ones.
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.end());

const root = join(import.meta.dirname, '../..');
const samplesOf = async (source: string): Promise<string[]> => {
  const text = await readFile(join(root, 'sources', source, 'sample.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .slice(0, 3);
};
const sourceOf = tellSource(allSources);
const ids = allSources.map(({ id }) => id);
const told = (line: string): string | null => {
  const inner = openLetter(line);
  return sourceOf(line, ids) ?? (inner && sourceOf(inner.text, ids));
};

/** Sends a body as a producer does, and returns what each line that came out is told to be. */
async function send(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  server.journal.appended = [];
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${server.ingest}`, ...headers },
  });
  return {
    status: answer.status,
    answer: await answer.json(),
    told: server.journal.lines.map(told),
    lines: server.journal.lines,
  };
}

test('Falco’s http_output: one object a request, with the token as the password in its URL', async () => {
  const [alert] = await samplesOf('falco');
  const basic = `Basic ${Buffer.from(`falco:${server.ingest}`).toString('base64')}`;
  const sent = await send('/ingest/falco', alert!, {
    'content-type': 'application/json',
    authorization: basic,
  });
  expect(sent).toMatchObject({ status: 200, told: ['falco'], lines: [alert] });
});

test('falcosidekick’s webhook: the same with more keys', async () => {
  const body = JSON.stringify({
    uuid: 'd9b7f3a0-0000-4000-8000-000000000001',
    output: '03:00:00.000000000: Notice Network tool launched',
    priority: 'Notice',
    rule: 'Launch Suspicious Network Tool in Container',
    time: '2026-11-21T03:00:00.000000000Z',
    output_fields: {
      'container.id': '4c3b2a1908f7',
      'proc.cmdline': 'nc 203.0.113.7 4444',
      'evt.time': 1795230000000000000,
    },
    source: 'syscall',
    tags: ['container', 'mitre_execution'],
    hostname: 'node-1',
  });
  expect(await send('/ingest/falco', body)).toMatchObject({ status: 200, told: ['falco'], lines: [body] });
});

test('the API server’s audit webhook: an EventList', async () => {
  const items = await samplesOf('kubernetes-audit');
  const body = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}\n`;
  const sent = await send('/ingest/kubernetes-audit', body, { 'content-type': 'application/json' });
  expect(sent).toMatchObject({ status: 200, lines: items, told: items.map(() => 'kubernetes-audit') });
  expect(server.journal.appended[0]?.source).toBe('kubernetes-audit');
});

test('a registry’s notifications: an envelope with several events', async () => {
  const events = (await samplesOf('registry-notifications')).map(
    (line) => (JSON.parse(line) as { events: unknown[] }).events[0],
  );
  const type = { 'content-type': 'application/vnd.docker.distribution.events.v2+json' };
  // docker-registry prints it over several lines.
  const sent = await send('/ingest/registry', JSON.stringify({ events }, null, 3), type);
  expect(sent).toMatchObject({ status: 200, told: events.map(() => 'registry-notifications') });
  expect(sent.lines.map((line) => JSON.parse(line))).toEqual(events.map((event) => ({ events: [event] })));
});

test('Harbor’s webhook', async () => {
  const [event] = await samplesOf('harbor-webhook');
  expect(await send('/ingest/harbor', event!)).toMatchObject({ status: 200, told: ['harbor-webhook'] });
});

describe('Splunk’s collector', () => {
  test('GitHub’s audit streaming: documents one after the other, and its check of the endpoint', async () => {
    const events = await samplesOf('github-audit');
    const body = events.map((event) => `{"event":${event},"time":1795235000.123,"source":"github"}`).join('');
    const sent = await send('/services/collector', body, { authorization: `Splunk ${server.ingest}` });
    expect(sent).toMatchObject({
      status: 200,
      answer: { text: 'Success', code: 0 },
      lines: events,
      told: events.map(() => 'github-audit'),
    });
    const health = await fetch(`${server.url}/services/collector/health`);
    expect(health.status).toBe(200);
  });

  test('events that are texts, and raw lines', async () => {
    const sent = await send('/services/collector/event/1.0', '{"event":"a\\nb"}\n{"event":"c"}');
    expect(sent).toMatchObject({ status: 200, lines: ['a b', 'c'] });
    expect(await send('/services/collector/raw?channel=x', 'a\nb\n')).toMatchObject({
      status: 200,
      lines: ['a', 'b'],
    });
  });

  test('refuses in its own words', async () => {
    expect(await send('/services/collector', '{"time":1}')).toMatchObject({
      status: 400,
      answer: { text: 'document 1 has no event that is an object or a text', code: 6 },
      lines: [],
    });
  });
});

describe('shippers', () => {
  test('Vector’s http sink: an array, or JSON lines, compressed as it is set', async () => {
    const [alert] = await samplesOf('falco');
    const event = {
      message: alert,
      timestamp: '2026-11-21T03:00:00Z',
      source_type: 'file',
      file: '/var/log/falco.ndjson',
      host: 'node-1',
    };
    for (const body of [
      JSON.stringify([event, event]),
      `${JSON.stringify(event)}\n${JSON.stringify(event)}\n`,
    ]) {
      const sent = await send('/ingest', new Uint8Array(gzipSync(body)), {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
      });
      expect(sent).toMatchObject({ status: 200, answer: { accepted: 2 }, told: ['falco', 'falco'] });
    }
  });

  test('Fluent Bit’s http output: formats json, json_lines and json_stream', async () => {
    const [alert] = await samplesOf('falco');
    const record = JSON.stringify({ date: 1795230000.5, log: alert });
    for (const body of [`[${record},${record}]`, `${record}\n${record}`, `${record}${record}`])
      expect(await send('/ingest', body)).toMatchObject({ status: 200, told: ['falco', 'falco'] });
  });

  test('Filebeat’s elasticsearch output: what it asks first, then pairs of lines', async () => {
    const greeting = await server.call('/', server.ingest);
    expect(greeting.headers.get('x-elastic-product')).toBe('Elasticsearch');
    expect(await greeting.json()).toMatchObject({ version: { number: expect.stringMatching(/^8\./) } });
    const [alert] = await samplesOf('falco');
    const document = JSON.stringify({
      '@timestamp': '2026-11-21T03:00:00.000Z',
      log: { offset: 0, file: { path: '/var/log/falco.ndjson' } },
      message: alert,
      ecs: { version: '8.0.0' },
    });
    const body = `{"create":{"_index":"filebeat-8.17.0"}}\n${document}\n{"index":{"_index":"filebeat-8.17.0"}}\n${document}\n`;
    const key = { authorization: `ApiKey ${Buffer.from(`id:${server.ingest}`).toString('base64')}` };
    const sent = await send('/_bulk', body, { 'content-type': 'application/json', ...key });
    expect(sent).toMatchObject({ status: 200, told: ['falco', 'falco'], answer: { errors: false } });
    expect((sent.answer as { items: object[] }).items.map((item) => Object.keys(item)[0])).toEqual([
      'create',
      'index',
    ]);
  });

  test.each([
    ['{"delete":{"_index":"x"}}\n', 'line 1: {"index":…} or {"create":…} is expected'],
    ['{"index":{}}\n{"a":1}\n{"index":{}}\n', 'line 3: the body ends where a document is expected'],
  ])('a bulk of %j is refused in its own words', async (body, why) => {
    const sent = await send('/_bulk', body);
    expect(sent.status).toBe(400);
    expect(JSON.stringify((sent.answer as { error: { reason: string } }).error.reason)).toContain(
      JSON.stringify(why).slice(1, -1),
    );
    expect(sent.lines).toEqual([]);
  });
});
