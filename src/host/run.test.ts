import { expect, test } from 'vitest';
import { runOk, runProgram, tryProgram } from './run.js';

test('what a program says comes back, with its exit code', async () => {
  const argv = ['sh', '-c', 'cat; echo no >&2; exit 3'];
  expect(await runProgram(argv, { stdin: 'told' })).toEqual({ code: 3, stdout: 'told', stderr: 'no\n' });
  await expect(runOk(runProgram, argv)).rejects.toThrow('exit code 3: no');
});

test('a program that cannot be run to its end is an error, or exit code 127 where that is an answer', async () => {
  await expect(runProgram(['no-such-program'])).rejects.toThrow('cannot be started');
  await expect(runProgram(['sleep', '60'], { timeoutMs: 50 })).rejects.toThrow('ended by SIGKILL');
  expect(await tryProgram(['no-such-program'])).toMatchObject({ code: 127 });
});

test('nothing of the caller’s environment reaches a program', async () => {
  const { stdout } = await runProgram(['env']);
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.filter((name) => !['PATH', 'LC_ALL', 'TZ'].includes(name!))).toEqual([]);
});
