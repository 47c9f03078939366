import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';

const folder = contentFolder('schema');

/** A server checks what a view reads when it is made; the statements of one file are sent at the same time. */
test.each(readdirSync(folder).filter((name) => name.endsWith('.sql')))(
  '%s: no view reads what its own file makes',
  (name) => {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll(/--.*$/gm, '');
    const made = [...text.matchAll(/CREATE (?:TABLE|VIEW|DICTIONARY) IF NOT EXISTS (\w+)/g)].map(
      ([, it]) => it!,
    );
    const read = text
      .split(';')
      .filter((statement) => statement.includes('CREATE VIEW'))
      .flatMap((statement) => [...statement.matchAll(/\b(?:FROM|JOIN) (\w+)/g)].map(([, it]) => it!));
    expect(read.filter((it) => made.includes(it))).toEqual([]);
  },
);
