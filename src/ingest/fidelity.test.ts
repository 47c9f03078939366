import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { type Column, readTables } from '../store/tables.js';
import { fidelityOf } from './fidelity.js';
import { readSources } from './sources.js';

const columns = (...names: string[]): Column[] =>
  names.map((name) => ({ name, type: 'String', hasDefault: true }));
const source = (keys: string[], normalizeSql: string) => ({ columns: keys, normalizeSql }) as Source;

test.each([
  ['plain', 'SELECT f(a) AS x FROM {{input}}', { x: ['a'] }],
  [
    'through names',
    'WITH f(a, b) AS p, g(p) AS q SELECT q AS x, b AS y FROM {{input}}',
    { x: ['a', 'b'], y: ['b'] },
  ],
  ['by the name of the column itself', 'SELECT a, g(b) AS y FROM {{input}}', { a: ['a'], y: ['b'] }],
  ['through a relation within', 'SELECT p AS x FROM (SELECT h(a) AS p, b FROM {{input}}) AS r', { x: ['a'] }],
  ['with the name of the relation', 'SELECT t.a AS x FROM {{input}} AS t', { x: ['a'] }],
  ['not out of texts and comments', "SELECT 'b' AS x, -- b\n a AS y FROM {{input}}", { x: [], y: ['a'] }],
  ['quoted', 'SELECT f(`id.orig_h`) AS x FROM {{input}}', { x: ['id.orig_h'] }],
])('%s', (_, sql, expected) => {
  const { filled } = fidelityOf(source(['a', 'b', 'id.orig_h'], sql), columns('x', 'y', 'a'));
  expect(Object.fromEntries(filled.map(({ column, keys }) => [column, keys]))).toEqual(expected);
});

test('says what is out of the line, the same in every row, and not known at all', () => {
  const sql = `SELECT extract(raw, 'x') AS x, 1 AS y FROM {{input}}`;
  expect(fidelityOf(source([], sql), columns('x', 'y', 'z'))).toEqual({
    filled: [
      { column: 'x', keys: [], from: 'line' },
      { column: 'y', keys: [], from: 'fixed' },
    ],
    unfilled: ['z'],
  });
});

describe('of every source', () => {
  let sources: Source[];
  let tables: Map<string, Column[]>;
  beforeAll(async () => {
    [sources, tables] = await Promise.all([
      readSources(contentFolder('sources')),
      readTables(contentFolder('schema')),
    ]);
  });

  test('a column that its sample fills is named, with a key where it has keys', () => {
    for (const one of sources) {
      const file = join(one.folder, 'expected.ndjson');
      if (!existsSync(file)) continue;
      const { filled, unfilled } = fidelityOf(one, tables.get(one.into)!);
      const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      for (const row of rows.map((line) => JSON.parse(line) as Record<string, unknown>)) {
        const lost = Object.keys(row).filter(
          (name) => unfilled.includes(name) && isFilled(row[name]) && !FALLING_BACK.test(name),
        );
        expect(lost, one.id).toEqual([]);
      }
      if (one.columns.length > 0)
        expect(
          filled.find(({ column }) => /^(time|monotonic_ns|.*_uid|cgroup_id)$/.test(column))!.keys.length,
          one.id,
        ).toBeGreaterThan(0);
    }
  });

  test('what a source says it fills, it fills', () => {
    for (const one of sources.filter(({ into }) => into !== 'nothing')) {
      const known = fidelityOf(one, tables.get(one.into)!).filled.map(
        ({ column }) => `${one.into}.${column}`,
      );
      const words = one.fills.filter(
        (word) =>
          word.startsWith(`${one.into}.`) &&
          tables.get(one.into)!.some(({ name }) => word === `${one.into}.${name}`),
      );
      expect(
        words.filter((word) => !known.includes(word)),
        one.id,
      ).toEqual([]);
    }
  });
});

/** Columns whose default is another column. */
const FALLING_BACK = /^translated_/;
const isFilled = (value: unknown) =>
  value !== '' && value !== 0 && value !== '::' && JSON.stringify(value).length > 2;
