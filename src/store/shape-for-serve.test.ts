import { expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { readSchema } from './schema.js';
import { shapeForServe } from './shape-for-serve.js';

const statements = (await readSchema(contentFolder('schema'))).flatMap((file) => file.statements);
const statementOf = (table: string) =>
  statements.find((statement) => statement.includes(`IF NOT EXISTS ${table} (`))!;
const keyOf = (statement: string) => /ORDER BY \((.*)\)/.exec(statement)![1]!.split(', ');

test.each([
  ['contact_minute', 'toStartOfHour(minute)'],
  ['egress_hour', 'hour'],
  ['egress_window', 'scale, bucket'],
  ['inflow_hour', 'hour'],
])('%s lies by time first, and by all of its key', (table, first) => {
  const shaped = shapeForServe(statementOf(table));
  expect(shaped).toHaveLength(1);
  const key = keyOf(shaped[0]!);
  expect(key.join(', ').startsWith(`${first}, `)).toBe(true);
  // What is one row in a hunt is one row here.
  expect(new Set(key)).toEqual(new Set([...first.split(', '), ...keyOf(statementOf(table))]));
  expect(shaped[0]).toContain('PARTITION BY is_open');
});

test('connections lie by entity, beside those that are worked out anew', () => {
  const shaped = shapeForServe(statementOf('connection'));
  expect(shaped.map((one) => /EXISTS (\w+)/.exec(one)![1])).toEqual(['connection', 'connection_fresh']);
  for (const statement of shaped) expect(statement).toContain('PARTITION BY if(is_open, 1, ');
  expect(shaped.map(keyOf)).toEqual([keyOf(statementOf('connection')), keyOf(statementOf('connection'))]);
});
