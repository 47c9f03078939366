import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openApiDocument } from './api.js';
import { may, PERMISSIONS, type Permission, ROLE_NAMES } from './roles.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

// Findings and status are stand-ins in memory.
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.end());

/** What came back, to be looked at. */
// biome-ignore lint/suspicious/noExplicitAny: answers are held against what is expected, not typed
type Loose = any;

const API = '/api/v1';
const send = (path: string, token: string, body: unknown, method = 'POST') =>
  server.call(`${API}${path}`, token, {
    method,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const read = async (path: string, token = server.admin) =>
  (await server.call(`${API}${path}`, token)).json() as Promise<Loose>;

describe('roles', () => {
  const ASKED: Record<Permission, (token: string) => Promise<Response>> = {
    read: (token) => server.call(`${API}/findings`, token),
    triage: (token) => send('/findings/a1/changes', token, { what: 'note', why: 'x' }),
    ingest: (token) => server.call('/ingest', token, { method: 'POST', body: 'x' }),
    administer: (token) => server.call(`${API}/tokens`, token),
    // Shown in allowances-api.test.ts and responses.test.ts.
    tune: async () => new Response(null),
    respond: async () => new Response(null),
  };

  test.each(ROLE_NAMES)('%s may do what the table says and nothing else', async (role) => {
    server.findings.add('a1');
    const token = await server.secretOf(role);
    for (const permission of ['read', 'triage', 'ingest', 'administer'] as const)
      expect([permission, (await ASKED[permission](token)).status]).toEqual([
        permission,
        may(role, permission) ? 200 : 403,
      ]);
  });

  test('each permission is somebody’s', () => {
    for (const permission of Object.keys(PERMISSIONS) as Permission[])
      expect(ROLE_NAMES.some((role) => may(role, permission))).toBe(true);
  });
});

describe('findings', () => {
  test('are listed as they are asked for', async () => {
    server.findings.add('a1');
    server.findings.add('a2', { severity: 'low' });
    const page = await read(
      '/findings?severity=high&severity=critical&state=open&suppressed=true&limit=5&search=x&after=7',
    );
    expect(page).toMatchObject({ total: 1, next: null, findings: [{ uid: 'a1' }] });
    expect(server.findings.asked).toEqual([
      { severity: ['high', 'critical'], state: 'open', suppressed: true, limit: 5, search: 'x', after: '7' },
    ]);
  });

  test.each([
    ['limit=0', 'limit in the query'],
    ['limit=1001', 'limit in the query'],
    ['state=gone', 'state in the query'],
    ['severity=worst', 'severity.0 in the query'],
    ['stat=open', 'the query: Unrecognized key'],
    ['state=open&state=closed', 'state in the query'],
  ])('are refused for %s with the place', async (query, why) => {
    const answer = await server.call(`${API}/findings?${query}`, server.admin);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await answer.json()) as { detail: string };
    expect(problem).toMatchObject({ type: 'about:blank', title: 'Bad request', status: 400 });
    expect(problem.detail).toContain(why);
  });

  test('are changed in the name of the token’s holder, and the audit log says so', async () => {
    server.findings.add('a1');
    const analyst = await server.secretOf('analyst');
    const changes = [
      { what: 'verdict', verdict: 'benign', why: 'a backup' },
      { what: 'note', why: 'asked ops' },
      { what: 'assigned', assignee: 'bob', why: 'his shift' },
      { what: 'closed', why: 'done' },
      { what: 'reopened', why: 'again' },
    ];
    for (const change of changes)
      expect((await send('/findings/a1/changes', analyst, change)).status).toBe(200);
    expect((await read('/findings/a1')).kept).toMatchObject({
      verdict: 'benign',
      assignee: 'bob',
      state: 'open',
      version: 5,
    });
    const events = await read('/findings/a1/events');
    expect(events.slice(1).map((event: Loose) => [event.what, event.who, event.why])).toEqual(
      changes.map(({ what, why }) => [what, 'a-analyst', why]),
    );
    const { entries } = await read('/audit');
    expect(entries.map((entry: Loose) => entry.what)).toEqual(
      changes.map(({ what }) => `finding.${what}`).reverse(),
    );
    expect(entries[4]).toMatchObject({
      who: 'a-analyst',
      target: 'a1',
      detail: { verdict: 'benign', why: 'a backup' },
      from: '127.0.0.1',
    });
  });

  test.each([
    [{ what: 'closed' }, 'why in the body'],
    [{ what: 'verdict', verdict: 'maybe', why: 'x' }, 'verdict in the body'],
    [{ what: 'gone', why: 'x' }, 'what in the body'],
    [{ what: 'note', why: 'x', who: 'admin' }, 'the body: Unrecognized key'],
    ['{"what":', 'the body is no JSON'],
    ['[]', 'the body'],
  ])('are not changed by %j', async (body, why) => {
    server.findings.add('a1');
    const answer = await send('/findings/a1/changes', server.admin, body);
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringContaining(why),
    ]);
    expect(server.findings.kept.get('a1')?.events).toHaveLength(1);
  });

  test('that are none are 404; a body that is too large is 413', async () => {
    expect((await server.call(`${API}/findings/nope`, server.admin)).status).toBe(404);
    expect((await server.call(`${API}/findings/..%2f..%2fetc`, server.admin)).status).toBe(404);
    expect((await send('/findings/nope/changes', server.admin, { what: 'note', why: 'x' })).status).toBe(404);
    expect((await send('/findings/nope/changes', server.admin, 'x'.repeat(70_000))).status).toBe(413);
    expect((await read('/audit')).entries).toEqual([]);
  });

  test('that cannot be reached are 503', async () => {
    server.findings.failure = new Error('the engine is gone');
    const answer = await server.call(`${API}/findings`, server.admin);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.text()).not.toContain('engine');
  });
});

test('what an attacker wrote into a log cannot command the terminal that shows an answer', async () => {
  server.findings.add('a1', { why: 'x \u202e\u009b2J \u001b[2J' });
  const text = await (await server.call(`${API}/findings/a1`, server.admin)).text();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  expect(text).not.toMatch(/[\u202e\u009b\u001b]/);
  expect(JSON.parse(text).kept.finding.why).toBe('x \u202e\u009b2J \u001b[2J');
});

test('state of strategies, sources and the whole', async () => {
  expect(await read('/strategies')).toMatchObject([{ state: 'blind', reasons: ['no egress'] }]);
  expect(await read('/sources')).toMatchObject([{ source: 'falco' }]);
  expect(await read('/status')).toMatchObject({
    ready: true,
    ticks: { failed: 1 },
    journal: { maxBytes: 100 },
  });
  expect(await read('/me')).toMatchObject({
    token: { holder: 'first-admin' },
    permissions: expect.arrayContaining(['administer']),
  });
});

describe('tokens', () => {
  test('are made, used, listed without a secret, and revoked', async () => {
    const answer = await send('/tokens', server.admin, {
      holder: 'edge',
      role: 'ingest',
      sources: ['falco'],
    });
    expect(answer.status).toBe(201);
    const { token, secret } = (await answer.json()) as { token: { id: string }; secret: string };
    const give = () => server.call('/ingest/falco', secret, { method: 'POST', body: '{}' });
    expect((await give()).status).toBe(200);
    const listed = JSON.stringify(await read('/tokens'));
    expect(listed).toContain('"edge"');
    expect(listed).not.toContain(secret.slice(5));
    expect((await send(`/tokens/${token.id}`, server.admin, '', 'DELETE')).status).toBe(200);
    expect((await give()).status).toBe(401);
    expect((await send(`/tokens/${token.id}`, server.admin, '', 'DELETE')).status).toBe(404);
    const { entries } = await read('/audit');
    expect(entries.map((entry: Loose) => [entry.what, entry.who])).toEqual([
      ['authentication.refused', ''],
      ['token.revoke', 'first-admin'],
      ['token.create', 'first-admin'],
    ]);
    const everything = `${await readFile(join(server.folder, 'audit.ndjson'), 'utf8')}${server.logged.join('')}`;
    expect(everything).not.toContain(secret.slice(5));
  });

  test.each([
    [{ holder: 'x', role: 'god' }, 'role in the body'],
    [{ holder: '', role: 'viewer' }, 'holder: a name of'],
    [{ holder: 'x', role: 'viewer', sources: ['falco'] }, 'only a token of role ingest'],
    [{ holder: 'x', role: 'viewer', expires: '2020-01-01T00:00:00Z' }, 'lies in the past'],
    [{ holder: 'x', role: 'ingest', sources: ['falko'] }, 'did you mean falco?'],
  ])('are not made of %j', async (body, why) => {
    const answer = await send('/tokens', server.admin, body);
    expect([400, 404]).toContain(answer.status);
    expect(((await answer.json()) as { detail: string }).detail).toContain(why);
  });

  test('the last of an administrator stays', async () => {
    const [{ id }] = await read('/tokens');
    expect((await send(`/tokens/${id}`, server.admin, '', 'DELETE')).status).toBe(409);
  });
});

describe('the audit log', () => {
  test('is read page by page, newest first, and only its owner reads the file', async () => {
    for (let n = 0; n < 5; n += 1)
      await server.audit.append({
        who: 'x',
        token: '',
        what: `w${n}`,
        target: 'ü\u2028\n',
        detail: {},
        from: '',
      });
    const seen: string[] = [];
    let after = '';
    do {
      const page = await read(`/audit?limit=2${after && `&after=${after}`}`);
      seen.push(...page.entries.map((entry: Loose) => entry.what));
      after = page.next;
    } while (after);
    expect(seen).toEqual(['w4', 'w3', 'w2', 'w1', 'w0']);
    expect((await stat(join(server.folder, 'audit.ndjson'))).mode & 0o777).toBe(0o600);
  });

  test('has each refused request, and a flood of them only in part', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => server.call(`${API}/findings`, 'wrong')),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(15);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toMatch(/^\d+$/);
    // A valid token from the same address is not shut out.
    const { entries } = await read('/audit?limit=1000');
    expect(entries.length).toBe(statuses.filter((status) => status === 401).length);
    expect(entries[0]).toMatchObject({
      what: 'authentication.refused',
      target: '/api/v1/findings',
      from: '127.0.0.1',
      who: '',
    });
  });

  test('that cannot be written lets nothing be changed', async () => {
    const broken = await startTestServer({
      audit: {
        append: async () => {
          throw new Error('ENOSPC');
        },
        read: async () => ({ entries: [], next: null }),
      },
    });
    broken.findings.add('a1');
    const answer = await broken.call(`${API}/findings/a1/changes`, broken.admin, {
      method: 'POST',
      body: '{"what":"closed","why":"x"}',
    });
    expect(answer.status).toBe(503);
    expect(broken.findings.kept.get('a1')?.kept.state).toBe('open');
    await broken.end();
  });
});

test('the OpenAPI document has every endpoint, with roles', async () => {
  const document = (await (await fetch(`${server.url}${API}/openapi.json`)).json()) as Loose;
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths).sort()).toEqual(
    [
      ...['/_bulk', '/ingest', '/ingest/{source}', '/services/collector/event', '/services/collector/raw'],
      ...[
        'allowances',
        'allowances/preview',
        'allowances/{id}/revoke',
        'notifications',
        'notifications/retry',
        'findings',
        'findings/days',
        'findings/precision',
        'findings/series',
        'findings/summary',
        'findings/{uid}',
        'findings/{uid}/actions',
        'findings/{uid}/changes',
        'findings/{uid}/contacts',
        'findings/{uid}/events',
        'findings/{uid}/evidence',
        'findings/{uid}/flood',
        'findings/{uid}/lanes',
        'findings/{uid}/responses',
        'responses',
        'responses/{hash}',
        'responses/{hash}/apply',
        'responses/{hash}/approve',
        'responses/{hash}/revert',
        'findings/{uid}/marks',
        'findings/{uid}/ocsf',
        'events',
        'events/histogram',
        'events/pairs',
        'events/rhythm',
        'events/values',
        'graph',
        'audit',
        'catalogue',
        'coverage',
        'test-attacks',
        'test-attacks/stop',
        'coverage/navigator',
        'validation',
        'entity',
        'inputs',
        'me',
        'onboarding',
        'session',
        'sources',
        'status',
        'strategies',
        'strategies/{id}',
        'strategies/{id}/backtest',
        'strategies/{id}/parameters',
        'stream',
        'tokens',
        'tokens/{id}',
      ].map((path) => `${API}/${path}`),
    ].sort(),
  );
  expect(document.paths[`${API}/tokens`].post.description).toContain(': admin.');
});
