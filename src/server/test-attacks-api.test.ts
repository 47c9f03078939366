import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestAttackOffer } from '../model/test-attacks.js';
import { ROLE_NAMES } from './roles.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.end());

const start = (token: string, attack: string) =>
  server.call('/api/v1/test-attacks', token, { method: 'POST', body: JSON.stringify({ attack }) });

test('unless the configuration says otherwise none is started, whoever asks', async () => {
  for (const role of ROLE_NAMES) {
    const { status } = await start(await server.secretOf(role), 'curl-put');
    expect([role, status]).toEqual([role, role === 'engineer' || role === 'admin' ? 409 : 403]);
  }
  const answer = await start(server.admin, 'curl-put');
  expect(((await answer.json()) as { detail: string }).detail).toContain('serve.emulations');
  const { entries } = await server.audit.read({ limit: 10 });
  expect(entries[0]).toMatchObject({ what: 'test-attack.start', target: 'curl-put' });
});

test('a session alone starts none: the console’s own value goes with it', async () => {
  const session = await server.call('/api/v1/session', server.admin, { method: 'POST' });
  const cookie = session.headers.get('set-cookie')!.split(';')[0]!;
  const answer = await fetch(`${server.url}/api/v1/test-attacks`, {
    method: 'POST',
    headers: { cookie },
    body: JSON.stringify({ attack: 'curl-put' }),
  });
  expect(answer.status).toBe(403);
});

test('what is offered says what it does and why it is harmless', async () => {
  const answer = await server.call('/api/v1/test-attacks', await server.secretOf('viewer'));
  const { mode, attacks, last } = (await answer.json()) as TestAttackOffer;
  expect([mode, last]).toEqual(['off', null]);
  const ids = attacks.map(({ id }) => id);
  expect(ids).toContain('curl-put');
  // A twin, one of which the entity is the engine, and one with a configuration of its own.
  for (const id of ['backup-volumes', 'copy-out-of-containers', 'hidden-layer'])
    expect(ids).not.toContain(id);
  for (const { does, safety } of attacks) expect(does.length * safety.length).toBeGreaterThan(0);
  // A loop of ten minutes within a command.
  expect(attacks.find(({ id }) => id === 'low-and-slow')!.seconds).toBeGreaterThan(500);
});

test('nothing that runs is not stopped', async () => {
  const answer = await server.call('/api/v1/test-attacks/stop', server.admin, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(409);
});
