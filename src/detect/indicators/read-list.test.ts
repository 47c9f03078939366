import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destinationOf } from './indicator.js';
import { readIndicatorList } from './read-list.js';
import { readPattern } from './stix.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indicators-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | object) {
  const file = join(folder, 'list');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  const { indicators, problems } = await readIndicatorList(file, 'list');
  return {
    values: indicators.map(({ kind, value }) => `${kind} ${value}`),
    valid: indicators.map(({ validFrom, validTo }) => [validFrom, validTo]),
    listed: indicators.map(({ listedAt }) => listedAt),
    problems: problems.map(({ where, what, level }) => `${level} ${where}: ${what}`),
  };
}

test.each([
  ['203.0.113.7', 'ip 203.0.113.7'],
  ['::FFFF:203.0.113.7', 'ip 203.0.113.7'],
  ['2001:DB8:0:0::01', 'ip 2001:db8::1'],
  ['203.0.113.77/24', 'network 203.0.113.0/24'],
  ['203.0.113.7/32', 'ip 203.0.113.7'],
  ['2001:db8:ffff::/33', 'network 2001:db8:8000::/33'],
  ['Bad.Example.NET.', 'domain bad.example.net'],
  ['*.bad.example', 'domain bad.example'],
  ['https://Bad.Example/', 'domain bad.example'],
  ['http://[2001:db8::1]:8080/', 'ip 2001:db8::1'],
  ['https://bad.example/a/B?x=1', 'url bad.example/a/B?x=1'],
  ['203.0.113.7/33', undefined],
  ['203.0.113.300', 'domain 203.0.113.300'],
  ['bad example.net', undefined],
  ['localhost', undefined],
])('%s means %s', (text, meaning) => {
  const named = destinationOf(text);
  expect(named ? `${named.kind} ${named.value}` : undefined).toBe(meaning);
});

test('a plain list: one a line, with what cannot be used told by line', async () => {
  const list =
    '# of today\n203.0.113.7 # a\r\nhttps://bad.example/x#part # b\n\nnot an indicator\nbad.example\n<script>\n';
  expect(await read(list)).toMatchObject({
    values: ['ip 203.0.113.7', 'url bad.example/x', 'domain bad.example'],
    problems: ['unread list:5: 2 indicators not used: no address, network, domain or URL (also line 7)'],
  });
});

describe('STIX', () => {
  const indicator = (pattern: string, values: object = {}) => ({
    type: 'indicator',
    id: `indicator--${pattern.length}-${JSON.stringify(values).length}`,
    pattern,
    pattern_type: 'stix',
    valid_from: '2026-01-02T03:04:05.678Z',
    ...values,
  });
  const bundle = (...objects: object[]) => ({ type: 'bundle', id: 'bundle--1', objects });

  test('its time of validity, its date, and other objects left alone', async () => {
    const object = indicator("[ipv4-addr:value = '203.0.113.7']", {
      valid_until: '2026-02-01T00:00:00+01:00',
      modified: '2026-01-20T00:00:00Z',
    });
    expect(await read(bundle({ type: 'identity', id: 'identity--1' }, object))).toEqual({
      values: ['ip 203.0.113.7'],
      valid: [['2026-01-02 03:04:05', '2026-01-31 23:00:00']],
      listed: ['2026-01-20 00:00:00'],
      problems: [],
    });
  });

  test.each([
    [
      "[domain-name:value = 'a.example' OR url:value='http://b.example/x']",
      ['a.example', 'http://b.example/x'],
    ],
    [
      "[ipv6-addr:value = '2001:db8::1'] OR [ipv4-addr:value ISSUBSET '203.0.113.0/24']",
      ['2001:db8::1', '203.0.113.0/24'],
    ],
    ["[ipv4-addr:value IN ('203.0.113.1', '203.0.113.2')]", ['203.0.113.1', '203.0.113.2']],
    ["[url:value = 'http://a.example/it\\'s']", ["http://a.example/it's"]],
    [
      "[ipv4-addr:value = '203.0.113.1' AND ipv4-addr:value = '203.0.113.2']",
      'a pattern other than comparisons joined by OR',
    ],
    [
      "[ipv4-addr:value = '203.0.113.1'] FOLLOWEDBY [ipv4-addr:value = '203.0.113.2']",
      'a pattern other than comparisons joined by OR',
    ],
    ["[ipv4-addr:value = '203.0.113.1'] WITHIN 5 MINUTES", 'a pattern other than comparisons joined by OR'],
    ["[domain-name:value LIKE '%.example']", 'a pattern with another operator than =, IN and ISSUBSET'],
    [
      "[NOT ipv4-addr:value = '203.0.113.1']",
      'a pattern about something else than addresses, domains and URLs',
    ],
    ["[file:hashes.MD5 = 'x']", 'a pattern about something else than addresses, domains and URLs'],
    ["[ipv4-addr:value != '203.0.113.1']", 'a pattern with another operator than =, IN and ISSUBSET'],
    ["[ipv4-addr:value = '203.0.113.1'", 'a pattern other than comparisons joined by OR'],
    ["[ipv4-addr:value = '203.0.113.1", 'a pattern that cannot be parsed'],
    ['', 'a pattern other than comparisons joined by OR'],
  ])('pattern %s', (pattern, result) => {
    expect(readPattern(pattern)).toEqual(result);
  });

  test('what cannot be used is counted with its line; what is about other things is a note', async () => {
    const { values, problems } = await read(
      bundle(
        indicator("[domain-name:value LIKE '%.example']"),
        indicator("[file:hashes.MD5 = 'x']"),
        indicator("[ipv4-addr:value = '203.0.113.1']", { revoked: true }),
        indicator('alert tcp any any', { pattern_type: 'snort' }),
        indicator("[ipv4-addr:value = '203.0.113.2']", { valid_from: 'yesterday' }),
      ),
    );
    expect(values).toEqual([]);
    expect(problems.map((each) => each.replace(/:\d+:/, ':N:'))).toEqual([
      'unread list:N: 1 indicator not used: a pattern with another operator than =, IN and ISSUBSET',
      'note list:N: 1 indicator not used: a pattern about something else than addresses, domains and URLs',
      'note list:N: 1 indicator not used: revoked by its producer',
      'unread list:N: 1 indicator not used: a pattern of type snort is not read',
      'unread list:N: 1 indicator not used: valid_from or valid_until is no time',
    ]);
    expect(problems[0]).toMatch(/^unread list:7:/);
  });
});

describe('MISP', () => {
  const attribute = (type: string, value: string, more: object = {}) => ({
    uuid: `uuid-${type}-${value}`,
    type,
    value,
    to_ids: true,
    timestamp: '1767225600',
    ...more,
  });

  test.each([
    ['an event', (attributes: object[]) => ({ Event: { Attribute: attributes } })],
    ['objects of an event', (attributes: object[]) => ({ Event: { Object: [{ Attribute: attributes }] } })],
    ['a search for events', (attributes: object[]) => ({ response: [{ Event: { Attribute: attributes } }] })],
    ['a search for attributes', (attributes: object[]) => ({ response: { Attribute: attributes } })],
  ])('%s', async (_, wrap) => {
    const seen = { first_seen: '2026-01-01T00:00:00+00:00', last_seen: '2026-01-05T00:00:00+00:00' };
    const result = await read(
      wrap([
        attribute('ip-dst|port', '203.0.113.7|443', seen),
        attribute('domain|ip', 'bad.example|203.0.113.8'),
        attribute('sha256', 'abc'),
        attribute('domain', 'benign.example', { to_ids: false }),
        attribute('url', 'nothing'),
      ]),
    );
    expect(result.values).toEqual(['ip 203.0.113.7', 'domain bad.example', 'ip 203.0.113.8']);
    expect(result.valid[0]).toEqual(['2026-01-01 00:00:00', '2026-01-05 00:00:00']);
    expect(result.listed[0]).toBe('2026-01-01 00:00:00');
    expect(result.problems.map((each) => each.replace(/:\d+:/, ':N:'))).toEqual([
      'note list:N: 1 indicator not used: of a type that is no address, domain or URL',
      'note list:N: 1 indicator not used: marked as not meant for detection (to_ids)',
      'unread list:N: 1 indicator not used: the value is no address, network, domain or URL',
    ]);
  });

  test('a CSV export, with quotes, and lines counted through them', async () => {
    const csv = [
      'uuid,event_id,category,type,value,comment,to_ids,date',
      '"1",5,"Network activity","ip-dst","203.0.113.7","a ""quoted"", long\ncomment",1,1767225600',
      '2,5,Network activity,hostname,bad.example,,1,1767225600',
      '3,5,Network activity,ip-src,nowhere,,1,1767225600',
      '4,5,Network activity,domain,benign.example,,0,1767225600',
      '',
    ].join('\r\n');
    const result = await read(csv);
    expect(result.values).toEqual(['ip 203.0.113.7', 'domain bad.example']);
    expect(result.listed).toEqual(['2026-01-01 00:00:00', '2026-01-01 00:00:00']);
    expect(result.problems).toEqual([
      'unread list:5: 1 indicator not used: the value is no address, network, domain or URL',
      'note list:6: 1 indicator not used: marked as not meant for detection (to_ids)',
    ]);
  });
});

test.each([['{"a": 1}'], ['{"a": 1'], ['[]'], ['null'], ['[1]']])('%s is refused by name', async (text) => {
  if (text === 'null') expect((await read(text)).problems).toHaveLength(1);
  else await expect(read(text)).rejects.toThrow(/^list: /);
});

test('a list that is not there is a mistake, not a crash', async () => {
  await expect(readIndicatorList(join(folder, 'absent'), 'absent.txt')).rejects.toThrow(/^absent\.txt: /);
});
