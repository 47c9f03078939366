import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SpoolFile } from './spool-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-spool-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('what is longer than is held at once stands in its place', async () => {
  const file = new SpoolFile(join(folder, 'long'));
  const lines = ['a', 'b'.repeat(300_000), ...Array.from({ length: 30_000 }, (_, at) => `line ${at} ß`), ''];
  for (const line of lines) await file.write(`${line}\n`);
  await file.end();
  expect(await readFile(file.path, 'utf8')).toBe(`${lines.join('\n')}\n`);
});

test('bytes that are no text stay as they are', async () => {
  const file = new SpoolFile(join(folder, 'bytes'));
  await file.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  await file.row('text');
  await file.end();
  expect(await readFile(file.path)).toEqual(
    Buffer.concat([Buffer.from([0xff, 0xfe, 0, 10]), Buffer.from('text\n')]),
  );
  expect(file).toMatchObject({ rows: 1, samples: ['text'] });
});

test('a file of no lines is there', async () => {
  const file = new SpoolFile(join(folder, 'empty'));
  await file.end();
  expect(await readFile(file.path, 'utf8')).toBe('');
});

test('a folder that is gone is an error of the call, not of the process', async () => {
  const file = new SpoolFile(join(folder, 'gone', 'file'));
  await file.row('text');
  await expect(file.end()).rejects.toThrow('ENOENT');
});
