import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('each threat to the server that SECURITY.md names has the test it names', async () => {
  const text = await readFile(join(import.meta.dirname, '../../SECURITY.md'), 'utf8');
  const section = text.slice(text.indexOf('\n## The server'), text.indexOf('\n## Hunting'));
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| Threat'));
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
