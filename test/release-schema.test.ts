import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from './recorded.js';

/** Files of schema/ that were released stay as they are: live stores were made with them. */

let schema: string;
beforeEach(() => {
  schema = join(mkdtempSync(join(tmpdir(), 'stowaway-schema-')), 'schema');
  cpSync(join(root, 'schema'), schema, { recursive: true });
});
afterEach(() => rmSync(join(schema, '..'), { recursive: true, force: true }));

function release(...words: string[]) {
  const script = join(root, 'scripts', 'release-schema.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}`.trim() };
}

test('what was released of this repository is as it was', () => {
  expect(release('--check')).toEqual({ status: 0, said: '' });
});

test('a release freezes what is there, and the next one what is new', () => {
  writeFileSync(join(schema, 'released.json'), '{}');
  const files = readdirSync(schema, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.sql'),
  );
  expect(release(schema).said).toMatch(new RegExp(`^${files.length} files frozen with release \\S+$`));
  const before = readFileSync(join(schema, 'released.json'), 'utf8');
  expect(release(schema).said).toMatch(/^0 files frozen/);
  expect(readFileSync(join(schema, 'released.json'), 'utf8')).toBe(before);
  writeFileSync(join(schema, '0007-more.sql'), 'DROP TABLE IF EXISTS x;\n');
  expect(release('--check', schema)).toEqual({ status: 0, said: '' });
  expect(release(schema).said).toMatch(/^1 files frozen/);
});

test.each([
  [
    'changed',
    () => appendFileSync(join(schema, '0006-views.sql'), '\n'),
    /^0006-views.sql: changed since release \S+; /,
  ],
  [
    'renamed',
    () => renameSync(join(schema, 'live', '0102-outbox.sql'), join(schema, 'live', '0109-outbox.sql')),
    /^0102-outbox.sql: gone, /,
  ],
  [
    'put in between',
    () => writeFileSync(join(schema, '0003-more.sql'), 'DROP TABLE IF EXISTS x;\n'),
    /^0003-more.sql: new, but before 0006-views.sql/,
  ],
])('a released file that is %s is told, and nothing is written', (_, spoil, said) => {
  release(schema);
  const before = readFileSync(join(schema, 'released.json'), 'utf8');
  spoil();
  for (const words of [['--check', schema], [schema]]) {
    const answer = release(...words);
    expect(answer.said).toMatch(said);
    expect(answer.status).toBe(1);
  }
  expect(readFileSync(join(schema, 'released.json'), 'utf8')).toBe(before);
});
