import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findLogs } from './find-logs.js';
import { Spool } from './prepare.js';

let folder: string;
let spool: Spool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-'));
  spool = await Spool.in(join(folder, 'spool'));
  await mkdir(join(folder, 'logs', 'var'), { recursive: true });
  await writeFile(join(folder, 'logs', 'a.log'), 'first\n');
  await writeFile(join(folder, 'logs', 'var', 'b.log.gz'), gzipSync('second\n'));
  await symlink('/etc/passwd', join(folder, 'logs', 'link'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const packed = async (name: string, gzip: boolean) => {
  const file = join(folder, name);
  await create({ file, gzip, cwd: join(folder, 'logs') }, ['a.log', 'var', 'link']);
  return file;
};

describe('tar archives', () => {
  test.each([
    ['plain.tar', false],
    ['packed.tgz', true],
    ['called-otherwise.log', true],
  ])('%s: its members are found, under names of ours', async (name, gzip) => {
    const archive = await packed(name, gzip);
    const { files, problems } = await findLogs([archive], spool);
    expect(problems).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual([`${archive}!a.log`, `${archive}!var/b.log.gz`]);
    expect(files.every(({ at }) => at?.startsWith(spool.folder))).toBe(true);
    expect(await readFile(files[0]!.at!, 'utf8')).toBe('first\n');
  });

  test('one that breaks off gives what it holds, and says so', async () => {
    const big = createHash('sha512').update('x').digest('hex').repeat(4000);
    await writeFile(join(folder, 'logs', 'c.log'), big);
    const file = join(folder, 'cut.tar');
    await create({ file, cwd: join(folder, 'logs') }, ['a.log', 'c.log']);
    await truncate(file, 20_000);
    const { files, problems } = await findLogs([file], spool);
    expect(files.map(({ path }) => path)).toContain(`${file}!a.log`);
    expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining('the tar archive breaks off')]);
  });
});

test('a log that holds the word of an archive at its place is a log', async () => {
  for (const [index, word] of ['ustar', 'ustar\0', 'ustar  \0'].entries()) {
    const file = join(folder, `named-${index}.log`);
    await writeFile(file, `${'x'.repeat(257)}${word}${'y'.repeat(600)}\n`);
    expect(await findLogs([file], spool)).toEqual({
      files: [expect.objectContaining({ path: file })],
      problems: [],
    });
  }
});

describe('patterns', () => {
  test('that no shell expanded are expanded', async () => {
    const { files } = await findLogs([join(folder, 'logs', '*.log')], spool);
    expect(files.map(({ path }) => path)).toContain(join(folder, 'logs', 'a.log'));
  });

  test('that match nothing are named; a file that is called like one is read', async () => {
    const { problems } = await findLogs([join(folder, 'none-*')], spool);
    expect(problems.map(({ what }) => what)).toEqual(['no such file or folder']);
    const odd = join(folder, 'odd[1].log');
    await writeFile(odd, 'x\n');
    expect((await findLogs([odd], spool)).files.map(({ path }) => path)).toEqual([odd]);
  });
});
