import { expect, test } from 'vitest';
import { unfoldLine } from './unfold.js';

const PATHS = [
  ['a.groups', 'items'],
  ['items', 'items'],
];
const unfolded = (value: unknown): unknown[] =>
  unfoldLine(JSON.stringify(value), PATHS).map((line) => JSON.parse(line));

test('each innermost element is a row with the plain values around it', () => {
  const groups = [
    { rule: 'x', items: [1, 'two'] },
    { rule: 'y', mac: 'inner', items: [{ three: 3 }] },
  ];
  expect(unfolded({ mac: 'outer', other: { left: 'out' }, a: { groups } })).toEqual([
    { mac: 'outer', rule: 'x', items: 1 },
    { mac: 'outer', rule: 'x', items: 'two' },
    { mac: 'inner', rule: 'y', items: { three: 3 } },
  ]);
});

test('what is no list where one belongs is still a row', () => {
  expect(unfolded({ a: { groups: [{ rule: 'x' }, 7, null] } })).toEqual([
    { rule: 'x', items: null },
    { 'a.groups': 7 },
    { 'a.groups': null },
  ]);
});

test.each(['', '{"broken', '7', 'null', '[]', '{"a":{"groups":{}}}', '{"toString":1}'])('%j stays', (line) =>
  expect(unfoldLine(line, PATHS)).toEqual([line]),
);
