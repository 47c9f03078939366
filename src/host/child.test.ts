import { expect, test } from 'vitest';
import { end, endsWithin, start } from './child.js';

test('a program that ignores every polite signal is ended', async () => {
  const child = start(['sh', '-c', 'trap "" INT TERM; echo ready; while :; do sleep 0.05; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  await end(child);
  expect(child.signalCode).toBe('SIGKILL');
  expect(await endsWithin(child, 0)).toBe(true);
});
