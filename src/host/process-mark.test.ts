import { expect, test } from 'vitest';
import { start } from './child.js';
import { endMarked, isAlive, markOf } from './process-mark.js';

test('a marked process is ended, another one with its id is not', async () => {
  const child = start(['sleep', '60'], { stdio: 'ignore', outlives: true });
  const mark = markOf(child.pid!)!;
  await endMarked({ ...mark, startedAt: '1' });
  expect(isAlive(mark)).toBe(true);
  await endMarked(mark);
  await new Promise((resolve) => setImmediate(resolve));
  expect(child.signalCode ?? 'SIGTERM').toBe('SIGTERM');
  expect(markOf(2 ** 22 + 1)).toBeNull();
});
