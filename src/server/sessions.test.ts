import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConsole } from './console.js';
import type { Session } from './sessions.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

let server: TestServer;
let now: Date;
beforeEach(async () => {
  now = new Date();
  server = await startTestServer({ now: () => now });
});
afterEach(() => server.end());

const API = '/api/v1';

async function signIn(token: string): Promise<{ cookie: string; set: string; session: Session }> {
  const answer = await server.call(`${API}/session`, token, { method: 'POST' });
  expect(answer.status).toBe(201);
  const set = answer.headers.get('set-cookie')!;
  return { set, cookie: set.split(';')[0]!, session: (await answer.json()) as Session };
}

const ask = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
  fetch(`${server.url}${API}${path}`, { ...init, headers });

const CHANGE = { method: 'POST', body: '{"what":"note","why":"x"}' };

test('a token becomes a cookie that no script reads, and the cookie is no token', async () => {
  const { set, cookie, session } = await signIn(await server.secretOf('viewer'));
  expect(set).toMatch(/; Path=\/api\/v1; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  expect(cookie).toContain(new URL(server.url).port);
  expect(session.token).toMatchObject({ holder: 'a-viewer', role: 'viewer' });
  const read = await ask('/findings', { cookie });
  expect(read.status).toBe(200);
  const secret = cookie.split('=')[1]!;
  expect((await ask('/findings', { authorization: `Bearer ${secret}` })).status).toBe(401);
  const again = (await (await ask('/session', { cookie })).json()) as Session;
  expect(again.csrf).toBe(session.csrf);
});

test('a change takes what only the console’s own pages can read', async () => {
  server.findings.add('a1');
  const { cookie, session } = await signIn(await server.secretOf('analyst'));
  const other = await signIn(await server.secretOf('analyst'));
  const path = '/findings/a1/changes';
  expect((await ask(path, { cookie }, CHANGE)).status).toBe(403);
  for (const csrf of ['', 'x', other.session.csrf])
    expect((await ask(path, { cookie, 'x-stowaway-csrf': csrf }, CHANGE)).status).toBe(403);
  expect(server.findings.kept.get('a1')!.events).toHaveLength(1);
  expect((await ask(path, { cookie, 'x-stowaway-csrf': session.csrf }, CHANGE)).status).toBe(200);
});

test('a request that a browser says comes from elsewhere is refused, also from another port of this host', async () => {
  const { cookie, session } = await signIn(server.admin);
  for (const site of ['cross-site', 'same-site'])
    expect((await ask('/findings', { cookie, 'sec-fetch-site': site })).status).toBe(403);
  const own = { cookie, 'sec-fetch-site': 'same-origin', 'x-stowaway-csrf': session.csrf };
  expect((await ask('/findings', own)).status).toBe(200);
});

test('a session ends with its token, with its time, and when somebody signs out', async () => {
  const token = await server.secretOf('viewer');
  const [first, second, third] = [
    await signIn(token),
    await signIn(server.admin),
    await signIn(server.admin),
  ];
  await server.tokens.revoke(first.session.token.id);
  expect((await ask('/findings', { cookie: first.cookie })).status).toBe(401);
  const out = await ask(
    '/session',
    { cookie: second.cookie, 'x-stowaway-csrf': second.session.csrf },
    { method: 'DELETE' },
  );
  expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  expect((await ask('/session', { cookie: second.cookie })).status).toBe(401);
  now = new Date(now.getTime() + 12 * 3_600_000 + 1000);
  expect((await ask('/session', { cookie: third.cookie })).status).toBe(401);
});

test('a producer’s token opens no session, and a session hands over no logs', async () => {
  expect((await server.call(`${API}/session`, server.ingest, { method: 'POST' })).status).toBe(403);
  const { cookie, session } = await signIn(server.admin);
  const answer = await fetch(`${server.url}/ingest`, {
    method: 'POST',
    body: 'x',
    headers: { cookie, 'x-stowaway-csrf': session.csrf },
  });
  expect(answer.status).toBe(403);
});

test('signing in and out is in the audit log', async () => {
  const { cookie, session } = await signIn(server.admin);
  await ask('/session', { cookie, 'x-stowaway-csrf': session.csrf }, { method: 'DELETE' });
  const { entries } = await server.audit.read({ limit: 10 });
  expect(entries.map(({ what, who }) => [what, who])).toEqual([
    ['session.end', 'first-admin'],
    ['session.begin', 'first-admin'],
  ]);
  expect(JSON.stringify(entries)).not.toContain(session.csrf);
});

test('the console’s files come with a policy that forbids what is inline, and no path leaves its folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-pages-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>the page');
  await writeFile(join(folder, 'app.js'), 'one()');
  await writeFile(join(folder, 'notes.secret'), 'not served');
  const other = await startTestServer({ console: await readConsole(folder) });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${other.url}${path}`, { headers, redirect: 'manual' });
  const page = await get('/console/findings/a1');
  expect(await page.text()).toContain('the page');
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("trusted-types 'none'");
  expect(policy).not.toContain('unsafe');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect((await get('/console/app.js')).headers.get('content-type')).toContain('text/javascript');
  for (const path of ['/console/notes.secret', '/console/../package.json', '/console/%2e%2e/package.json'])
    expect(await (await get(path)).text()).not.toMatch(/not served|"name"/);
  expect((await get('/console/assets/none.js')).status).toBe(404);
  expect((await get('/', { accept: 'text/html' })).headers.get('location')).toBe('/console/');
  expect((await get('/', { accept: '*/*' })).status).toBe(401);
  await other.end();
  await rm(folder, { recursive: true });
});
