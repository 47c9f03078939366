import { expect, test } from 'vitest';
import { CREDENTIAL_ENDINGS, CREDENTIAL_NAMES, credentialIn } from './credential-files.js';

test.each([
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  '/root/.kube/config',
  '/home/a/.ssh/id_ed25519',
  '/root/.aws/credentials',
  '/root/.docker/config.json',
  '/root/.git-credentials',
  '.netrc',
  '/app/.npmrc',
  '/root/.pypirc',
  '/etc/shadow',
  '/etc/tls/server.key',
  '/srv/private.pem',
])('%s holds a credential', (path) => {
  expect(credentialIn(path)).not.toBeNull();
});

test.each([
  '/app/token',
  '/app/config',
  '/app/config.json',
  '/tmp/shadow',
  '/etc/ssl/certs/ISRG_Root_X1.pem',
  '/usr/lib/python3/site-packages/certifi/cacert.pem',
  '/home/a/.ssh/id_rsa.pub',
])('%s does not', (path) => {
  expect(credentialIn(path)).toBeNull();
});

test('names and endings can be looked for by their bytes', () => {
  for (const name of [...CREDENTIAL_NAMES, ...CREDENTIAL_ENDINGS]) expect(name).toMatch(/^[\w.-]+$/);
  for (const ending of CREDENTIAL_ENDINGS) expect(ending.length).toBeGreaterThanOrEqual(4);
});
