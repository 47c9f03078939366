import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyLines, documents } from './body-lines.js';
import { Refusal } from './refusal.js';

const linesOf = (body: string): string[] =>
  bodyLines(Buffer.from(body))
    .bytes.toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');

describe('a body becomes lines', () => {
  test.each<[string, string, string[]]>([
    ['lines of text', 'a b\nc d\n', ['a b', 'c d']],
    ['text without a newline at its end', 'a b', ['a b']],
    ['text that begins with a bracket', '[2026-11-21] started\n[x]', ['[2026-11-21] started', '[x]']],
    ['text that begins with a bracket and a quote', '["GET /"] 200', ['["GET /"] 200']],
    [
      'JSON lines as they are, with a broken one among them',
      '{"a":1}\n{"b":\n{"c": 3}\n',
      ['{"a":1}', '{"b":', '{"c": 3}'],
    ],
    ['JSON lines of which the first is broken', '{"a":\n{"c": 3}\n', ['{"a":', '{"c": 3}']],
    ['an array', '[{"a":1}, {"b":[2]}]', ['{"a":1}', '{"b":[2]}']],
    ['an array on several lines', '[\n  {\n "a": 1\n },\r\n {"b": 2}]', ['{  "a": 1  }', '{"b": 2}']],
    ['an array of texts', '["a\\nb", "c"]', ['a b', 'c']],
    ['arrays one after the other', '[{"a":1}]\n[{"b":2}]', ['{"a":1}', '{"b":2}']],
    ['an empty array', '[]', []],
    ['one document on several lines', '{\n  "a": "x"\n}\n', ['{   "a": "x" }']],
    ['documents without anything between them', '{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']],
    ['a list of Kubernetes', '{"kind":"EventList","items":[{"x":1},{"x":2}]}', ['{"x":1}', '{"x":2}']],
    ['records of Azure', '{"records":[{"x":1},{"x":2}]}', ['{"x":1}', '{"x":2}']],
    [
      'an envelope of a registry',
      '{"events":[{"x":1},{"x":2}]}',
      ['{"events":[{"x":1}]}', '{"events":[{"x":2}]}'],
    ],
    ['an object that has events among others', '{"events":[1,2],"a":1}', ['{"events":[1,2],"a":1}']],
    ['nothing', ' \n \r\n', []],
    ['a byte order mark', '\uFEFF{"a":1}', ['{"a":1}']],
    ['numbers no double holds', '[{"a":12345678901234567890.10}]', ['{"a":12345678901234567890.10}']],
  ])('%s', (_, body, lines) => {
    expect(linesOf(body)).toEqual(lines);
    expect(bodyLines(Buffer.from(body)).count).toBe(lines.length);
  });

  test.each([
    ['{"a":1', 'no JSON from byte 6 on: the body ends'],
    ['{"a":tru}', 'no JSON from byte 5 on'],
    ['[{"a":1},', 'no JSON from byte 9 on'],
    ['[{"a":1}] x', 'no JSON from byte 10 on'],
    ['[{"a":1}, 7]', 'element 2 of the array is neither an object nor a line of text'],
    ['{"a":1} x', 'no JSON from byte 8 on'],
    ['{\n"a": 1,\n', 'no JSON from byte 10 on'],
  ])('%j is refused with where', (body, why) => {
    expect(() => linesOf(body)).toThrow(why);
  });

  test('a record that no source reads whole is refused before it is kept', () => {
    const long = 'x'.repeat(16 * 1024 * 1024 + 1);
    for (const body of [`a\n${long}`, `[{"a":"${long}"}]`]) {
      const refusal = catchRefusal(() => linesOf(body));
      expect(refusal.status).toBe(413);
    }
  });
});

const catchRefusal = (work: () => unknown): Refusal => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
};

describe('nothing in a record makes another record', () => {
  test('line breaks and NULs in texts, and between parts of JSON', () => {
    expect(linesOf('["a\\n{\\"kind\\":\\"Event\\"}\\r\\u0000b"]')).toEqual(['a {"kind":"Event"} \\x00b']);
    expect(linesOf('[{"a":\n1\r,"b":"\\n"}]')).toEqual(['{"a": 1 ,"b":"\\n"}']);
    expect(linesOf('a\0b\nc')).toEqual(['a\\x00b', 'c']);
  });

  test('whatever is sent as elements comes out as as many lines', () => {
    const element = fc.oneof(
      fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
      fc.string({ minLength: 1, unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(element, { minLength: 1 }), fc.constantFrom(0, 1, 2), (elements, indent) => {
        const wanted = elements.filter(
          (one) => typeof one === 'object' || one.replace(/[\r\n]+$/, '') !== '',
        );
        const { bytes, count } = bodyLines(Buffer.from(JSON.stringify(elements, null, indent)));
        const lines = bytes.toString('utf8').split('\n').slice(0, -1);
        expect(lines.length).toBe(wanted.length);
        expect(count).toBe(wanted.length);
        expect(bytes.includes(0)).toBe(false);
        for (const [index, one] of wanted.entries())
          if (typeof one === 'object') expect(JSON.parse(lines[index]!)).toEqual(one);
      }),
    );
  });
});

test('a line that begins like an archive is not the first of a segment', () => {
  for (const magic of ['BZh', 'PAR1', '\u001f']) {
    const { bytes } = bodyLines(
      Buffer.concat([
        Buffer.from(magic),
        Buffer.from(magic === '\u001f' ? [0x8b] : []),
        Buffer.from(' text\nother\n'),
      ]),
    );
    expect(bytes[0]).toBe(0x0a);
  }
  expect(bodyLines(Buffer.from('\n\r\r\nx')).bytes.toString()).toBe('x');
});

test('documents give the members that are asked for', () => {
  const found = [...documents(Buffer.from('{"event":{"a":1},"time":1}\n{"event":"x"}'), new Set(['event']))];
  expect(found.map((one) => String(one.get('event')))).toEqual(['{"a":1}', '"x"']);
});
