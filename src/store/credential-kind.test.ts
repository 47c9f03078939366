import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { CREDENTIAL_ENDINGS, CREDENTIAL_NAMES, credentialIn } from '../sense/credential-files.js';
import { applySchema } from './schema.js';
import { openStore, type Store } from './store.js';

let store: Store;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-credential-'));
  store = await openStore({ path: folder });
  await applySchema(store, contentFolder('schema'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const FOLDERS = [
  '',
  '/',
  '/root/',
  '/root/.ssh/',
  '/root/.aws/',
  '/root/.kube/',
  '/root/.docker/',
  '/root/.azure/',
  '/root/.azure/cache/',
  '/run/containers/0/',
  '/etc/',
  '/srv/etc/',
  '/etc/ssl/certs/',
  '/run/secrets/kubernetes.io/serviceaccount/',
  '/run/secrets/kubernetes.io/serviceaccount/..2026_11_21/',
  '/tmp/serviceaccount-',
];
const OTHERS = [
  'ca-bundle.pem',
  'cert.pem',
  'xid_rsa',
  'token.txt',
  'config',
  'a.env',
  'shadow-',
  'auth.json',
  'data.csv',
];

test('a path is told to hold the same credential in the store as by the host sensor', async () => {
  const names = [...CREDENTIAL_NAMES, ...CREDENTIAL_ENDINGS.map((ending) => `a${ending}`), ...OTHERS];
  const paths = FOLDERS.flatMap((from) => names.map((name) => from + name));
  const rows = await store.rows<{ path: string; kind: string }>(
    'SELECT path, credential_kind(path) AS kind FROM (SELECT arrayJoin({paths:Array(String)}) AS path)',
    { paths },
  );
  expect(rows).toHaveLength(paths.length);
  const told = Object.fromEntries(rows.map(({ path, kind }) => [path, kind]));
  expect(told).toEqual(Object.fromEntries(paths.map((path) => [path, credentialIn(path) ?? ''])));
});
