import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputFile } from './output-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('lines are its owner’s alone, whole, and appended', () => {
  const path = join(folder, 'a');
  for (const text of ['é', 'second']) {
    const file = new OutputFile(path);
    file.line(text);
    file.line(Buffer.from([255]));
    file.close();
    file.line('too late');
  }
  expect(readFileSync(path)).toEqual(
    Buffer.from([195, 169, 10, 255, 10, ...Buffer.from('second\n'), 255, 10]),
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('no line, no file', () => {
  new OutputFile(join(folder, 'a')).close();
  expect(readdirSync(folder)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')('a full disk is told and does not throw', () => {
  const lost: [number, string][] = [];
  // Never closed: an empty file is removed then.
  const file = new OutputFile('/dev/full', (lines, reason) => lost.push([lines, reason]));
  file.line('a');
  file.line('b');
  file.flush();
  expect(lost).toEqual([[2, expect.stringContaining('ENOSPC')]]);
});
