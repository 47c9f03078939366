import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeaderFinder, rowFields, splitRow } from '../src/ingest/table.js';
import type { Source } from '../src/model/source.js';
import { textLiteral } from '../src/store/literal.js';
import { type Bench, openBench } from './embedded-store.js';

const SOURCE = {
  id: 'x',
  columns: ['srcaddr', 'dstaddr', 'bytes', 'note'],
  recognize: [{ table: { header: ['srcaddr', 'dst-addr'] } }],
} as unknown as Source;

describe('a header line', () => {
  const headers = new HeaderFinder([SOURCE]);
  const find = (line: string) => {
    const bytes = Buffer.from(`before\n${line}\nafter`);
    return headers.find(bytes, 7, 7 + Buffer.byteLength(line));
  };

  test.each([
    ['bytes srcaddr dst-addr', ' ', ['bytes', 'srcaddr', 'dst-addr']],
    ['SrcAddr,Dst_Addr,Bytes', ',', ['SrcAddr', 'Dst_Addr', 'Bytes']],
    ['"srcaddr","dst-addr","a ""b"", c"\r', ',', ['srcaddr', 'dst-addr', 'a "b", c']],
    ['note\tsrcaddr\tdst-addr', '\t', ['note', 'srcaddr', 'dst-addr']],
  ])('%j', (line, separator, fields) => {
    expect(find(line)).toEqual({ line: line.replace(/\r$/, ''), separator, fields });
  });

  test.each([
    'srcaddr bytes',
    '10.20.0.1 198.51.100.1 7',
    'said: srcaddr dst-addr',
    '{"srcaddr":1,"dst-addr":2}',
    '',
    `srcaddr dst-addr ${'x '.repeat(5000)}`,
  ])('%j is none', (line) => expect(find(line)).toBeNull());
});

describe('fields of a row', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
  });

  const inEngine = async (lines: string[]): Promise<string[][]> => {
    const table = { line: '', fields: [], separator: ',' as const };
    const rows = await bench.store.rows<{ fields: string[] }>(
      `SELECT ${rowFields(table, 'line')} AS fields FROM (SELECT arrayJoin([${lines.map(textLiteral).join(', ')}]) AS line)`,
    );
    return rows.map(({ fields }) => fields);
  };

  test('quotes hold commas, and double inside', async () => {
    const lines = ['a,b,c', '"a,b",c', '"say ""no"", or",,x', ',', '', '"",""', '"open,b', 'a"b",c'];
    const expected = [
      ['a', 'b', 'c'],
      ['a,b', 'c'],
      ['say "no", or', '', 'x'],
      ['', ''],
      [''],
      ['', ''],
      ['"open', 'b'],
      ['a"b"', 'c'],
    ];
    expect(lines.map((line) => splitRow(line, ','))).toEqual(expected);
    expect(await inEngine(lines)).toEqual(expected);
  });

  test('whatever was written as CSV is read back, here as in the engine', async () => {
    const value = fc.string({ maxLength: 6 }).map((text) => text.replace(/[\r\n\0]/g, ''));
    const rows = fc.sample(fc.array(value, { minLength: 1, maxLength: 5 }), 300);
    const lines = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(','));
    expect(lines.map((line) => splitRow(line, ','))).toEqual(rows);
    expect(await inEngine(lines)).toEqual(rows);
  });
});
