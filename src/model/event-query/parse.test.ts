import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuery, QueryError } from './parse.js';
import { QUERY_TABLE_NAMES, QUERY_TABLES } from './tables.js';
import { readTerms, termText, withoutField } from './terms.js';

const NOW = Date.parse('2026-11-22T15:00:00Z');
const read = (text: string, table: Parameters<typeof parseQuery>[0] = 'connection') =>
  parseQuery(table, text, NOW);
const conditions = (text: string) => read(text).conditions;

describe('a filter', () => {
  test('without terms asks for a day of everything', () => {
    expect(read('')).toEqual({ table: 'connection', from: NOW - 86_400_000, to: NOW, conditions: [] });
  });

  test('is terms that must all hold', () => {
    expect(conditions('entity:prod/app1 -app:ssh,dns  curl')).toEqual([
      { kind: 'entity', field: 'entity', isNegated: false, anyOf: [{ text: 'prod/app1', isPattern: false }] },
      {
        ...{ kind: 'text', field: 'app', isNegated: true },
        anyOf: [
          { text: 'ssh', isPattern: false },
          { text: 'dns', isPattern: false },
        ],
      },
      { kind: 'search', isNegated: false, text: 'curl' },
    ]);
  });

  test.each([
    ['bytes_out>1.5MB', '>', 1_500_000],
    ['bytes_out>=5000', '>=', 5000],
    ['bytes_in<10k', '<', 10_000],
    ['duration<=2h', '<=', 7200],
    ['duration>250ms', '>', 0.25],
    ['dst_port:443', ':', 443],
    ['dst_port=443', ':', 443],
  ])('%s compares with a number', (text, operator, value) => {
    expect(conditions(text)).toMatchObject([{ kind: 'number', operator, anyOf: [value] }]);
  });

  test('has no more terms and values than an engine reads', () => {
    expect(conditions('a '.repeat(100))).toHaveLength(100);
    expect(() => read('a '.repeat(101))).toThrow('column 201 of the filter: a filter has at most 100 terms');
    expect(() => read(`app:${'x,'.repeat(500)}x`)).toThrow('a filter has at most 500 values');
  });

  test('has patterns, but not in quotes', () => {
    expect(conditions('peer:*.example.org,"a*b"')).toMatchObject([
      {
        anyOf: [
          { text: '*.example.org', isPattern: true },
          { text: 'a*b', isPattern: false },
        ],
      },
    ]);
  });

  test('has addresses of both families, and networks', () => {
    expect(conditions('dst_ip:198.51.100.0/24,2001:db8::1')).toMatchObject([
      {
        anyOf: [
          { address: '198.51.100.0', bits: 24 },
          { address: '2001:db8::1', bits: null },
        ],
      },
    ]);
  });

  test.each([
    ['time>-2h', NOW - 7_200_000, NOW],
    ['time>=2026-11-20 time<2026-11-21T06:30', Date.UTC(2026, 10, 20), Date.UTC(2026, 10, 21, 6, 30)],
    [
      'time<2026-11-21T06:30:15.5Z',
      Date.UTC(2026, 10, 20, 6, 30, 15, 500),
      Date.UTC(2026, 10, 21, 6, 30, 15, 500),
    ],
    ['time>-7d time>-1d', NOW - 86_400_000, NOW],
  ])('%s is about a time', (text, from, to) => {
    expect(read(text)).toMatchObject({ from, to, conditions: [] });
  });
});

describe('what is wrong is told with its column', () => {
  test.each([
    ['peeer:x', 1, 'did you mean peer?'],
    ['app:ssh https://x', 9, 'text with a colon needs quotes'],
    ['bytes_out>much', 11, 'such as 5000 or 1.5MB'],
    ['dst_port>1,2', 12, '> takes one value'],
    ['app>ssh', 1, 'app is no number'],
    ['app:', 5, 'app needs a value here'],
    ['app:ssh,', 9, 'app needs a value here'],
    ['app:"ssh', 5, 'this quote has no end'],
    ['app:s"sh"', 6, 'a blank is missing'],
    ['app:ssh OR app:dns', 9, 'alternatives are written'],
    ['app:ssh - x', 10, 'without a blank'],
    ['""', 1, 'nothing between'],
    ['dst_ip:10.0.0.0/40', 8, 'an address or a network'],
    ['dst_ip:fe80::1%eth0', 8, 'an address or a network'],
    ['is_dst_inside:maybe', 15, 'yes or no'],
    ['duration>5y', 10, 'such as 90s'],
    ['time:today', 1, 'time takes >='],
    ['time>yesterday', 6, 'a time is -30m'],
    ['-time>-2h', 1, 'time takes >='],
    ['time>-1h time<-2h', 1, 'no time is left'],
    ['__proto__:x', 1, 'no field __proto__'],
    ['constructor:x', 1, 'no field constructor'],
  ])('%s', (text, column, says) => {
    const error = (() => {
      try {
        return read(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(QueryError);
    expect((error as QueryError).problems[0]).toEqual({ column, says: expect.stringContaining(says) });
  });

  test('all of it at once', () => {
    expect(() => read('x:1 app:ssh bytes_out>a "')).toThrow(
      /^column 1 of the filter: .*; column 23 of the filter: .*; column 25 of the filter: this quote has no end$/,
    );
  });
});

describe('any text', () => {
  test('is read, or refused with a place within it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...QUERY_TABLE_NAMES), (text, table) => {
        try {
          read(text, table);
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
          for (const { column } of error.problems) expect(column).toBeLessThanOrEqual(text.length + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('put into a filter comes out of it the same, and cannot be seen as anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (value, isNegated) => {
        const text = `app:x ${termText('peer', value, isNegated)} -y`;
        expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        const { terms, problems } = readTerms(text);
        expect(problems).toEqual([]);
        expect(terms).toHaveLength(3);
        expect(terms[1]).toMatchObject({
          field: 'peer',
          operator: ':',
          isNegated,
          values: [{ text: value }],
        });
        expect(read(text).conditions[1]).toMatchObject({ anyOf: [{ text: value, isPattern: false }] });
      }),
      { numRuns: 2000 },
    );
  });

  test('loses only the terms of the field that is taken away', () => {
    expect(withoutField('time>-1h app:ssh time<2026-01-01 "time>x" -y', 'time')).toBe('app:ssh "time>x" -y');
  });
});

test('what is searched, and what is shown, are fields', () => {
  for (const { fields, searched } of Object.values(QUERY_TABLES)) {
    expect(Object.keys(fields)).toEqual(expect.arrayContaining([...searched, 'time', 'entity']));
    for (const name of Object.keys(fields)) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  }
});
