import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonMistake, JsonScan } from './json-scan.js';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const isScanned = (text: string): boolean => {
  const scan = new JsonScan(Buffer.from(text));
  try {
    scan.value();
    return scan.skipBlanks() === undefined;
  } catch (error) {
    if (error instanceof JsonMistake) return false;
    throw error;
  }
};

describe('the scanner agrees with JSON.parse', () => {
  test('on JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(isScanned(text)).toBe(true);
      }),
    );
  });

  test('on JSON with a part cut out, changed or doubled', () => {
    const cut = fc.tuple(
      fc.json(),
      fc.nat(200),
      fc.nat(4),
      fc.constantFrom('', ',', '"', '}', '\\', '0', 'e', '\n', '\t', '-', 'u'),
    );
    fc.assert(
      fc.property(cut, ([text, at, length, put]) => {
        const mutant = text.slice(0, at) + put + text.slice(at + length);
        expect(isScanned(mutant)).toBe(isJson(mutant));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+5',
    '-0',
    '"\\u12g4"',
    '"\\x"',
    '"\t"',
    'nul',
    'truex',
    '[1,]',
    '{"a":}',
    '{a:1}',
    '[',
    '',
    '{"a":1,}',
    "'a'",
    '\u00a01',
  ])('on %j', (text) => {
    expect(isScanned(text)).toBe(isJson(text));
  });
});

test('a member is told by its key however the key is written', () => {
  const seen: [string, string][] = [];
  const bytes = Buffer.from(' {"\\u0061" : [1, {"b":2}] , "c":"}"} ');
  const scan = new JsonScan(bytes);
  scan.skipBlanks();
  scan.object((key, start, end) => seen.push([key, bytes.toString('utf8', start, end)]));
  expect(seen).toEqual([
    ['a', '[1, {"b":2}]'],
    ['c', '"}"'],
  ]);
});

test('what is nested without end is a mistake, not a full stack', () => {
  expect(() => new JsonScan(Buffer.alloc(1_000_000, '[')).value()).toThrow('nested deeper than 128 levels');
  expect(() => new JsonScan(Buffer.from('{"a":'.repeat(100_000))).value()).toThrow('nested deeper');
});
