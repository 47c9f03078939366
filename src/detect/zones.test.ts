import { expect, test } from 'vitest';
import { ASSUMED_INSIDE, mappedPrefix } from './zones.js';

test.each([
  ['10.0.0.0/8', '::ffff:10.0.0.0/104'],
  ['0.0.0.0/0', '::ffff:0.0.0.0/96'],
  ['192.0.2.7', '::ffff:192.0.2.7/128'],
  ['192.0.2.7/32', '::ffff:192.0.2.7/128'],
  ['fc00::/7', 'fc00::/7'],
  ['::1', '::1/128'],
])('%s is %s', (cidr, prefix) => {
  expect(mappedPrefix(cidr)).toBe(prefix);
});

test.each([
  '',
  '/8',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/1.5',
  '10.0.0.0/x',
  '10.0.0/8',
  '10.0.0.0/',
  '10.0.0.0/8/9',
  'fc00::/129',
  'example.com',
])('"%s" is none', (text) => {
  expect(mappedPrefix(text)).toBeNull();
});

test('what is assumed to be inside is well-formed, and no documentation range is among it', () => {
  for (const { cidr } of ASSUMED_INSIDE) expect(mappedPrefix(cidr)).not.toBeNull();
  expect(ASSUMED_INSIDE.map(({ cidr }) => cidr)).not.toContain('198.51.100.0/24');
});
