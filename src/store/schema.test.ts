import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { readSchema } from './schema.js';

const folder = contentFolder('schema');

/** A server checks what a view reads when it is made; the statements of one file are sent at the same time. */
test.each(readdirSync(folder).filter((name) => name.endsWith('.sql')))(
  '%s: no view reads what its own file makes',
  (name) => {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll(/--.*$/gm, '');
    const made = [
      ...text.matchAll(
        /CREATE (?:(?:TABLE|VIEW|DICTIONARY) IF NOT EXISTS|OR REPLACE (?:VIEW|DICTIONARY)) (\w+)|ALTER TABLE (\w+)/g,
      ),
    ].map(([, created, altered]) => created ?? altered);
    const read = text
      .split(';')
      .filter((statement) => /CREATE (?:OR REPLACE )?VIEW/.test(statement))
      .flatMap((statement) => [...statement.matchAll(/\b(?:FROM|JOIN) (\w+)/g)].map(([, it]) => it!));
    expect(read.filter((it) => made.includes(it))).toEqual([]);
  },
);

/** A start that was interrupted runs them again. */
const REPEATABLE = [
  /^CREATE (?:TABLE|VIEW|MATERIALIZED VIEW|DICTIONARY) IF NOT EXISTS /,
  /^CREATE OR REPLACE (?:FUNCTION|VIEW|DICTIONARY) /,
  /^DROP (?:TABLE|VIEW|DICTIONARY) IF EXISTS /,
  /^ALTER TABLE \w+ (?:ADD (?:COLUMN|INDEX) IF NOT EXISTS|(?:DROP|RENAME) COLUMN IF EXISTS|DROP INDEX IF EXISTS|MODIFY (?:SETTING|COLUMN|TTL)) /,
];

test.each([folder, join(folder, 'live')])('%s: every statement may run twice', async (place) => {
  const statements = (await readSchema(place)).flatMap((file) => file.statements);
  expect(statements.length).toBeGreaterThan(5);
  const bare = statements.map((statement) => statement.replaceAll(/^\s*--.*$/gm, '').trim());
  expect(bare.filter((statement) => !REPEATABLE.some((kind) => kind.test(statement)))).toEqual([]);
});
