import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from './journal.js';

const SCRIPT = fileURLToPath(new URL('testing/append-until-killed.mjs', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Kills the process once it has acknowledged so many lines; all lines it acknowledged by then. */
async function acknowledgedUntilKilled(name: string, lines: number): Promise<string[]> {
  const child: ChildProcess = spawn(process.execPath, [SCRIPT, join(folder, 'journal'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let count = 0;
  child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    count += piece.split('\n').length - 1;
    if (count >= lines) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text.split('\n').slice(0, -1);
}

test('kill -9 at any moment loses nothing that was acknowledged, and leaves no half line', async () => {
  const said: string[] = [];
  for (const lines of [1, 7, 60, 200, 333])
    said.push(...(await acknowledgedUntilKilled(`run${lines}`, lines)));
  const journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
  const segments = await journal.take();
  const kept = segments.flatMap(({ path, input }) => {
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.every((line) => line.split(' ')[1] === input)).toBe(true);
    return lines;
  });
  const held = new Set(kept);
  expect(said.length).toBeGreaterThan(500);
  expect(said.filter((line) => !held.has(line))).toEqual([]);
  expect(held.size).toBe(kept.length);
  for (const run of [1, 7, 60, 200, 333])
    for (const input of ['a', 'b', 'c']) {
      const numbers = kept
        .filter((line) => line.startsWith(`run${run} ${input} `))
        .map((line) => Number(line.split(' ')[2]));
      expect(numbers).toEqual(numbers.map((_, index) => index));
    }
  await journal.close();
});

const MOUNTED = '/tmp/stowaway-small-disk';
const mount = await tryMount();

async function tryMount(): Promise<string | null> {
  const place = await mkdtemp(`${MOUNTED}-`);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', place]);
  if (status === 0) spawnSync('umount', [place]);
  await rm(place, { recursive: true });
  return status === 0 ? null : `no tmpfs can be mounted: ${stderr}`;
}
if (mount !== null) console.warn(`skipped: a full disk: ${mount}`);

describe.skipIf(mount !== null)('a full disk', () => {
  let place: string;
  beforeEach(async () => {
    place = join(folder, 'small');
    await mkdir(place);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', place]);
  });
  afterEach(() => spawnSync('umount', [place]));

  test('refuses what is new, keeps what was acknowledged, and goes on when there is room', async () => {
    const journal = await openJournal(join(place, 'journal'), { maxBytes: 1e9 });
    const acknowledged: string[] = [];
    const errors: NodeJS.ErrnoException[] = [];
    const offer = async (n: number) => {
      const line = `${n} ${'x'.repeat(3000)}`;
      await journal.append('a', Buffer.from(line)).then(
        () => acknowledged.push(line),
        (error) => errors.push(error),
      );
    };
    for (let n = 0; n < 120; n += 1) await offer(n);
    expect(acknowledged.length).toBeGreaterThan(30);
    expect(errors.length).toBeGreaterThan(5);
    expect(errors.every(({ code }) => code === 'ENOSPC')).toBe(true);
    expect(journal.status()).toMatchObject({
      refused: errors.length,
      trouble: expect.stringContaining('ENOSPC'),
    });
    const kept = (await journal.take()).map(({ path }) => readFileSync(path, 'utf8'));
    expect(kept.join('')).toBe(acknowledged.map((line) => `${line}\n`).join(''));
    const [first] = await journal.take();
    await journal.remove(first!);
    await offer(1000);
    expect(acknowledged.at(-1)).toMatch(/^1000 /);
    expect(journal.status().trouble).toBe('');
    await journal.close();
    const again = await openJournal(join(place, 'journal'), { maxBytes: 1e9 });
    expect(again.status().torn).toBe(0);
    await again.close();
  });

  test('that others filled lets a taken segment be removed', async () => {
    const journal = await openJournal(join(place, 'journal'), { maxBytes: 1e9 });
    await journal.append('a', Buffer.from('1\n'));
    try {
      writeFileSync(join(place, 'others'), Buffer.alloc(1 << 20));
    } catch {
      // Full, as it should be.
    }
    await expect(journal.append('b', Buffer.from('2\n'))).rejects.toThrow('ENOSPC');
    const segments = await journal.take();
    expect(segments).toHaveLength(1);
    await journal.remove(segments[0]!);
    await rm(join(place, 'others'));
    await journal.append('b', Buffer.from('2\n'));
    expect((await journal.take()).map(({ input }) => input)).toEqual(['b']);
    await journal.close();
  });
});
