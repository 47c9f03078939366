import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CertificateFiles, makeCertificate } from '../server/testing/certificates.js';
import { startTestServer, type TestServer } from '../server/testing/stand-ins.js';
import { ask } from './findings.js';
import { requestTo } from './known-server.js';

let folder: string;
let authority: CertificateFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-known-'));
  authority = makeCertificate(folder, 'DNS:authority.example');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const everywhere = (tls: CertificateFiles): Promise<TestServer> =>
  startTestServer({ listen: '0.0.0.0:0', tls });
const knownOf = ({ server, admin }: TestServer) => ({ ...server.local, token: admin });

test.each([
  ['itself', () => undefined],
  ['an authority of one’s own', () => authority],
])(
  'a server whose certificate has another name and is signed by %s is asked by commands on its host',
  async (signer, issuer) => {
    const files = makeCertificate(folder, `DNS:${signer.length}.example`, issuer());
    const server = await everywhere(files);
    const known = knownOf(server);
    expect(known.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await requestTo(known, '/api/v1/status')).status).toBe(200);
    // Nothing else would let it through.
    await expect(requestTo({ ...known, certificate: undefined }, '/api/v1/status')).rejects.toThrow();
    await server.end();
  },
);

test('another server at that address gets no token, though the same authority signed it', async () => {
  const [ours, other] = ['ours', 'other'].map((name) =>
    makeCertificate(folder, `DNS:${name}.example`, authority),
  );
  const server = await everywhere(other!);
  const known = { ...knownOf(server), token: server.ingest };
  const line = { method: 'POST', body: '{"a":1}' } as const;
  const certificate = await readFile(ours!.certFile, 'utf8');
  await expect(requestTo({ ...known, certificate }, '/ingest', line)).rejects.toThrow();
  // Nor when the authority's certificate itself is what is known.
  const signer = await readFile(authority.certFile, 'utf8');
  await expect(requestTo({ ...known, certificate: signer }, '/ingest', line)).rejects.toThrow(
    'another certificate',
  );
  expect(server.journal.lines).toEqual([]);
  expect((await requestTo(known, '/ingest', line)).status).toBe(200);
  expect(server.journal.lines).toEqual(['{"a":1}']);
  await server.end();
});

test('the file of a running server is all that a command needs; one that is named is asked as any other', async () => {
  const server = await everywhere(makeCertificate(folder, 'DNS:file.example'));
  await writeFile(join(folder, 'local.json'), JSON.stringify(knownOf(server)));
  const flags = { state: folder, format: 'json' } as const;
  expect(await ask(flags, '/findings?limit=1')).toMatchObject({ findings: [] });
  await expect(ask({ ...flags, server: server.server.local.url }, '/findings')).rejects.toThrow(
    'does not answer',
  );
  await server.end();
});

test('what follows a stream is given it piece by piece', async () => {
  const server = await everywhere(makeCertificate(folder, 'DNS:stream.example'));
  const { body } = await requestTo(knownOf(server), '/api/v1/stream');
  const { value } = await body!.getReader().read();
  expect(value!.length).toBeGreaterThan(0);
  await server.end();
});
