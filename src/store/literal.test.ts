import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bindLiterals, textLiteral } from './literal.js';
import { openStore, type Store } from './store.js';

let store: Store;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-literal-'));
  store = await openStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Text with what could end a literal, open another, or be taken for a placeholder. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        "''",
        '\\',
        "\\'",
        '`',
        '"',
        '--',
        '/*',
        '*/',
        '\0',
        '\n',
        '\x1b[31m',
        '{b:String}',
        '; DROP TABLE x',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('any text comes back from the engine as it went in, beside other values', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, fc.array(hostile, { maxLength: 4 }), fc.nat(), async (a, list, n) => {
      const rows = await store.rows(
        `SELECT {a:String} AS a, ${textLiteral(a)} AS inline, {list:Array(String)} AS list, {n:UInt64} AS n, '{a:String}' AS untouched -- Docker's {a:String}`,
        { a, list, n },
      );
      expect(rows).toEqual([{ a, inline: a, list, n, untouched: '{a:String}' }]);
    }),
    { numRuns: 300 },
  );
});

test('a literal carries no control character: it is printed, too', () => {
  expect(textLiteral('\x1b[2J\0\n')).toBe("'\\x1b[2J\\x00\\x0a'");
});

test('a placeholder without a value is a defect, not an empty text', () => {
  expect(() => bindLiterals('SELECT {a:String}', { b: 1 })).toThrow('no value for {a:String}');
  expect(() => bindLiterals('SELECT {a:String}', { a: { toString: () => "'" } })).toThrow(
    'cannot be a parameter',
  );
});

test('statements run side by side see each other’s rows', async () => {
  await store.run('CREATE TABLE pair (n UInt32) ENGINE = MergeTree ORDER BY n');
  await Promise.all([...Array(20).keys()].map((n) => store.run('INSERT INTO pair SELECT {n:UInt32}', { n })));
  expect(await store.rows('SELECT count() AS rows, sum(n) AS sum FROM pair')).toEqual([
    { rows: 20, sum: 190 },
  ]);
});
