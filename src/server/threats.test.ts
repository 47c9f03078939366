import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.each([
  ['What is trusted', 'The server'],
  ['The server', 'Hunting'],
])('each threat that SECURITY.md names under “%s” has the test it names', async (heading, next) => {
  const text = await readFile(join(import.meta.dirname, '../../SECURITY.md'), 'utf8');
  const section = text.slice(text.indexOf(`\n## ${heading}`), text.indexOf(`\n## ${next}`));
  const rows = section.split('\n').filter((line) => /^\| (?!Threat|Danger)/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const named = [...row.matchAll(/`((?:[\w-]+\/)*[\w-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)];
    expect([row, named.length]).not.toEqual([row, 0]);
    for (const [, file, names] of named) {
      const folder = file!.includes('/') ? '../..' : '.';
      const tests = await readFile(join(import.meta.dirname, folder, file!), 'utf8');
      for (const [, name] of names!.matchAll(/“([^”]+)”/g)) expect(tests).toContain(name);
    }
  }
});
