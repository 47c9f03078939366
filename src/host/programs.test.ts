import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findProgram, gathering, inNetns, PROGRAM_ENVIRONMENT } from './programs.js';

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

test('a program that gathers its work runs as a batch where it may, and runs in any case', () => {
  const run = (argv: string[], env: Record<string, string>): string => {
    const [program, ...words] = gathering(argv);
    return execFileSync(`/bin/${program}`, words, { env, encoding: 'utf8' });
  };
  // 3 is SCHED_BATCH, 0 the usual policy.
  const policy = ['sed', '-n', 's/^policy *: *//p', '/proc/self/sched'];
  if (findProgram('chrt') && existsSync('/proc/self/sched'))
    expect(run(policy, PROGRAM_ENVIRONMENT).trim()).toBe('3');
  expect(run(['/bin/echo', 'a b', '$x', '"'], { PATH: '/nonexistent' })).toBe('a b $x "\n');
});
