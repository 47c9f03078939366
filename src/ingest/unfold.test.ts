import { expect, test } from 'vitest';
import { besideLine, unfoldLine } from './unfold.js';

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

test('a record made to fill a disk stays as it is', () => {
  const line = JSON.stringify({ around: 'x'.repeat(100_000), items: Array.from({ length: 1000 }, () => 1) });
  expect(unfoldLine(line, [['items']])).toEqual([line]);
});

test.each(['', '{"broken', '7', 'null', '[]', '{"a":{"groups":{}}}', '{"toString":1}'])('%j stays', (line) =>
  expect(unfoldLine(line, PATHS)).toEqual([line]),
);

const PODS = { lists: ['status.first', 'status.second'], keep: ['name', 'spec'] };
const besides = (value: unknown): unknown[] =>
  besideLine(JSON.stringify(value), PODS).map((line) => JSON.parse(line));

test('a record stays, and each element of its lists is a row beside it', () => {
  const pod = { name: 'web', spec: { node: 1 }, left: 'out', status: { second: [{ id: 2 }, 3] } };
  expect(besides(pod)).toEqual([
    pod,
    { name: 'web', spec: { node: 1 }, element: { id: 2 } },
    { name: 'web', spec: { node: 1 }, element: 3 },
  ]);
});

test('a record whose elements would fill a disk stays, and what stands for them is rejected', () => {
  const first = Array.from({ length: 1000 }, () => 1);
  const line = JSON.stringify({ spec: 'x'.repeat(100_000), status: { first } });
  expect(besideLine(line, PODS)).toEqual([line, '{"element":{}}']);
});

test.each(['', '{"broken', '7', 'null', '[]', '{"status":{}}'])('%j stays alone', (line) =>
  expect(besideLine(line, PODS)).toEqual([line]),
);

const deep = `${'['.repeat(10_000)}1${']'.repeat(10_000)}`;

test('what is nested deeper than can be written stays', () => {
  const line = `{"a":{"groups":[{"items":[{"b":${deep}}]}]}}`;
  expect(unfoldLine(line, PATHS)).toEqual([line]);
  const pod = `{"name":"web","status":{"first":[${deep}]}}`;
  expect(besideLine(pod, PODS)).toEqual([pod, '{"element":{}}']);
});
