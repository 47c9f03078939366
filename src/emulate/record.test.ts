import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearFor, RecordingExists } from './record.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-record-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function putRecording() {
  await mkdir(join(folder, 'logs'));
  await writeFile(join(folder, 'logs', 'process.ndjson'), '{}\n');
  await writeFile(join(folder, 'recording.yaml'), 'emulation: curl-put\n');
}

test('a new or empty folder is free', async () => {
  await clearFor(folder, false);
  await clearFor(join(folder, 'not-there-yet'), false);
});

test('a recording is kept unless it may be replaced', async () => {
  await putRecording();
  await expect(clearFor(folder, false)).rejects.toThrow(/holds a recording; --force replaces it$/);
  expect(await readdir(join(folder, 'logs'))).toEqual(['process.ndjson']);
  await clearFor(folder, true);
  expect(await readdir(folder)).toEqual([]);
});

test('what is no recording is never removed', async () => {
  await putRecording();
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await expect(clearFor(folder, true)).rejects.toThrow(RecordingExists);
  expect(await readdir(folder)).toEqual(['logs', 'notes.txt', 'recording.yaml']);
});

test('a file is no folder', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(clearFor(join(folder, 'file'), true)).rejects.toThrow(/ENOTDIR/);
});
