import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from './testing/certificates.js';
import { startTestServer } from './testing/stand-ins.js';

describe('where it listens', () => {
  test.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'example.net:0'])(
    '%s without TLS is refused',
    async (listen) => {
      await expect(startTestServer({ listen })).rejects.toThrow('can be reached from other machines');
    },
  );

  test('and is not when it is said that it may', async () => {
    const server = await startTestServer({ listen: '0.0.0.0:0', insecure: true });
    expect(server.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    await server.end();
  });

  test.each([
    ['0.0.0.0:0', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['127.0.0.1:0', /^http:\/\/127\.0\.0\.1:\d+$/],
  ])('on %s, this host reaches it at an address', async (listen, expected) => {
    const server = await startTestServer({ listen, insecure: true });
    expect(server.server.local).toEqual({ url: expect.stringMatching(expected) });
    expect((await fetch(`${server.server.local.url}/healthz`)).status).toBe(200);
    await server.end();
  });

  test.each(['', '8470', 'x:99999', 'a b', '::1:8470'])('%j is no place to listen', async (listen) => {
    await expect(startTestServer({ listen })).rejects.toThrow('write host:port');
  });

  test('a port that is in use is told', async () => {
    const server = await startTestServer();
    await expect(startTestServer({ listen: server.url.slice('http://'.length) })).rejects.toThrow(
      'is in use',
    );
    await server.end();
  });
});

test('with TLS it speaks nothing else, and tells browsers to keep to it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-tls-'));
  const { certFile, keyFile } = makeCertificate(folder, 'IP:127.0.0.1');
  const server = await startTestServer({ tls: { certFile, keyFile } });
  expect(server.url).toMatch(/^https:/);
  const ca = await readFile(certFile);
  const answer = await new Promise<{ status: number | undefined; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const asked = request(`${server.url}/ingest`, {
        ca,
        method: 'POST',
        headers: { authorization: `Bearer ${server.ingest}` },
      });
      asked.on('error', reject).on('response', (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
      });
      asked.end('{"a":1}');
    },
  );
  expect(answer.status).toBe(200);
  expect(answer.headers['strict-transport-security']).toContain('max-age');
  expect(server.journal.lines).toEqual(['{"a":1}']);
  await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow();
  await server.end();
  await writeFile(keyFile, 'no key');
  await expect(startTestServer({ tls: { certFile, keyFile } })).rejects.toThrow();
  await rm(folder, { recursive: true, force: true });
});

test('each answer has the headers that keep browsers from mischief, and none that lets other sites in', async () => {
  const server = await startTestServer();
  for (const path of ['/healthz', '/api/v1/findings', '/nothing', '/ingest']) {
    const answer = await fetch(`${server.url}${path}`, { headers: { origin: 'https://evil.example' } });
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(
      [...answer.headers.keys()].filter(
        (name) => name.startsWith('access-control-') || name === 'x-powered-by',
      ),
    ).toEqual([]);
  }
  await server.end();
});

test('it ends when it is told to, after what runs is done', async () => {
  const server = await startTestServer();
  let release = (): void => {};
  server.journal.hold = new Promise((resolve) => {
    release = resolve;
  });
  const answer = server.post('/ingest', 'x');
  while (server.journal.begun === 0) await new Promise((resume) => setTimeout(resume, 1));
  const closed = server.server.close();
  release();
  expect((await answer).status).toBe(200);
  await closed;
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
});
