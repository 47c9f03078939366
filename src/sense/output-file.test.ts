import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputFile } from './output-file.js';
import { isRotated } from './rotation.js';

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

test('a large file gets another name, and a new one goes on', () => {
  const path = join(folder, 'a');
  const file = new OutputFile(path, () => {}, 10);
  for (const line of ['1234567', '8', '9012345678', 'next']) {
    file.line(line);
    file.flush();
  }
  expect(file.rotations).toBe(2);
  file.close();
  const names = readdirSync(folder).sort();
  expect(names.map((name) => [isRotated(name), readFileSync(join(folder, name), 'utf8')])).toEqual([
    [false, 'next\n'],
    [true, '1234567\n8\n'],
    [true, '9012345678\n'],
  ]);
  const again = new OutputFile(path, () => {}, 10);
  again.line('12345');
  again.close();
  expect(readdirSync(folder).filter(isRotated)).toHaveLength(3);
});

test('where nobody takes the rotated files away, lines are lost and counted', () => {
  const lost: [number, string][] = [];
  const path = join(folder, 'a');
  const file = new OutputFile(path, (lines, reason) => lost.push([lines, reason]), 1);
  const write = (line: string) => {
    file.line(line);
    file.flush();
  };
  for (let n = 0; n < 66; n += 1) write(String(n));
  expect(lost).toEqual([[1, '64 files of this log wait, and nobody reads them']]);
  rmSync(join(folder, readdirSync(folder).filter(isRotated)[0]!));
  write('66');
  file.close();
  expect(lost).toHaveLength(1);
  expect(readdirSync(folder).filter(isRotated)).toHaveLength(64);
});
