import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepare, Spool } from './prepare.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-documents-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function prepared(text: string) {
  count += 1;
  const path = join(folder, `document-${count}`);
  await writeFile(path, text);
  return prepare({ path, bytes: text.length }, await Spool.in(join(folder, `spool-${count}`)));
}

const rowsOf = async (text: string) => (await prepared(text)).stretches.flatMap(({ samples }) => samples);

test('elements of a typed list say what they are, others stay as they are', async () => {
  const list = { kind: 'PodList', apiVersion: 'v1', items: [{ a: 1 }, { kind: 'Own' }, 7] };
  expect(await rowsOf(JSON.stringify(list))).toEqual([
    '{"apiVersion":"v1","kind":"Pod","a":1}',
    '{"kind":"Own"}',
    '7',
  ]);
  expect(await rowsOf('{"kind":"List","items":[{"a":1}]}')).toEqual(['{"a":1}']);
});

test('documents of YAML are taken apart, empty ones left out', async () => {
  const text =
    '# exported\n---\napiVersion: v1\nkind: A\nnote: |\n  kind: B\n---\n---\nkind: C\ndate: 2026-11-21\n';
  expect(await rowsOf(text)).toEqual([
    '{"apiVersion":"v1","kind":"A","note":"kind: B\\n"}',
    '{"kind":"C","date":"2026-11-21"}',
  ]);
});

test.each([
  ['is broken', 'kind: A\n---\nkind: [B\n', /^YAML that cannot be read: /],
  ['repeats itself beyond measure', bomb(), /^YAML that cannot be read: Excessive alias count/],
  ['is too large', `kind: A\ntext: ${'x'.repeat(9_000_000)}\n`, /^YAML of more than 8 MiB/],
])('YAML that %s is unread as a whole, and told', async (_, text, what) => {
  const { stretches, problems } = await prepared(text);
  expect(stretches).toEqual([]);
  expect(problems).toMatchObject([{ what: expect.stringMatching(what), level: 'unread' }]);
});

test('prose that has a colon is text', async () => {
  expect(await rowsOf('kind: regards from home\nand more\n')).toHaveLength(2);
});

function bomb(): string {
  const lines = ['kind: A', 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level += 1)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}
