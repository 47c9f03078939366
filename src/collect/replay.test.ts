import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Journal } from '../model/live.js';
import { contentFolder } from '../model/paths.js';
import { startReplay } from './replay.js';
import { recordedIn } from './shift-times.js';

/** Takes everything, and notes when. */
function memoryJournal(now: () => number) {
  const appended: { input: string; text: string; at: number }[] = [];
  const journal = {
    append: async (input: string, lines: Buffer) => {
      appended.push({ input, text: lines.toString('latin1'), at: now() });
    },
  } as unknown as Journal;
  return { journal, appended };
}

test('the demo’s recordings happen one after the other, none in the future, the last ones while somebody looks', async () => {
  const began = Date.parse('2027-03-01T12:00:00Z');
  let now = began;
  const { journal, appended } = memoryJournal(() => now);
  await startReplay(journal, {
    folder: join(contentFolder('demo'), 'recordings'),
    now: () => now,
    wait: async (milliseconds) => {
      now += milliseconds;
    },
  }).done;
  const names = [...new Set(appended.map(({ input }) => input.split('/')[1]!))];
  expect(names).toHaveLength(8);
  expect(names.at(-1)).toBe('e-flood');
  let before = 0;
  for (const name of names) {
    const own = appended.filter(({ input }) => input.startsWith(`demo/${name}/`));
    const { from, to } = recordedIn(own.map(({ text }) => text));
    expect(from).toBeGreaterThan(before);
    expect(to).toBeLessThanOrEqual(own[0]!.at / 1000);
    before = to;
  }
  const late = new Set(appended.filter(({ at }) => at > began).map(({ input }) => input.split('/')[1]));
  expect(late.size).toBe(3);
  expect((now - began) / 1000).toBeLessThan(300);
  expect(before * 1000).toBeGreaterThan(now - 2000);
});

test('it ends when it is told to', async () => {
  const { journal, appended } = memoryJournal(Date.now);
  const replay = startReplay(journal, { folder: join(contentFolder('demo'), 'recordings') });
  await replay.stop();
  const many = appended.length;
  await new Promise((resume) => setTimeout(resume, 50));
  expect(appended.length).toBe(many);
});
