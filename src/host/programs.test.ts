import { expect, test } from 'vitest';
import { findProgram, inNetns } from './programs.js';

test('a program that is not there is told as such', () => {
  expect(findProgram('no-such-program')).toBeNull();
  expect(findProgram('sh')).toMatch(/^\/.*\/sh$/);
});

test('a network namespace is a name, not a path', () => {
  expect(inNetns(null, ['a', 'b'])).toEqual(['a', 'b']);
  expect(inNetns('lab-1', ['nft'])).toEqual(['nsenter', '--net=/run/netns/lab-1', '--', 'nft']);
  for (const name of ['', '../1/ns/net', '.', '..', 'a b', 'x'.repeat(65)])
    expect(() => inNetns(name, ['nft'])).toThrow('no name of a network namespace');
});
