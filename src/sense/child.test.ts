import { expect, test } from 'vitest';
import { end, endsWithin, findProgram, inNetns, run, start } from './child.js';

test('a program that ignores every polite signal is ended', async () => {
  const child = start(['sh', '-c', 'trap "" INT TERM; echo ready; while :; do sleep 0.05; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  await end(child);
  expect(child.signalCode).toBe('SIGKILL');
  expect(await endsWithin(child, 0)).toBe(true);
}, 20_000);

test('a program that is not there says so', async () => {
  expect(findProgram('no-such-program')).toBeNull();
  expect(await run(['sh', '-c', 'cat; echo no >&2; exit 3'], 'told')).toEqual({
    exitCode: 3,
    stdout: 'told',
    stderr: 'no\n',
  });
});

test('inNetns', () => {
  expect(inNetns(undefined, ['a', 'b'])).toEqual(['a', 'b']);
  expect(inNetns('lab', ['a'])).toEqual(['nsenter', '--net=/run/netns/lab', 'a']);
});
