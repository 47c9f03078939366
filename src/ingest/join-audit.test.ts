import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasAuditRecords, joinAudit } from './join-audit.js';
import { type PreparedStretch, Spool } from './prepare.js';

let folder: string;
let spool: Spool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-audit-'));
  spool = await Spool.in(join(folder, 'spool'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function stretchOf(lines: string[]): PreparedStretch {
  const plainPath = join(folder, 'audit.log');
  writeFileSync(plainPath, lines.map((line) => `${line}\n`).join(''));
  const rows = lines.filter((line) => line !== '').length;
  return { firstLine: 1, lines: lines.length, rows, header: null, samples: lines.slice(0, 20), plainPath };
}

/** What is on each line; '' for none. */
async function joined(lines: string[]): Promise<string[]> {
  const stretch = await joinAudit(stretchOf(lines), spool);
  const written = readFileSync(stretch.plainPath, 'utf8').split('\n').slice(0, -1);
  expect(stretch.rows).toBe(written.filter((line) => line !== '').length);
  return written;
}

const serials = (lines: string[]): (string | null)[] =>
  lines.map((line) => (line === '' ? null : (JSON.parse(line) as { serial: string }).serial));

test('each event stands on the line of its first record, whatever stands between its records', async () => {
  const lines = await joined([
    'type=SYSCALL msg=audit(1.001:1): arch=c000003e syscall=59 success=yes pid=7 comm="sh"',
    'type=SYSCALL msg=audit(1.002:2): arch=c000003e syscall=59 success=yes pid=8 comm="ls"',
    'type=EXECVE msg=audit(1.001:1): argc=1 a0="one"',
    'type=EOE msg=audit(1.002:2): ',
    '----',
    'type=EXECVE msg=audit(1.002:2): argc=1 a0="two"',
  ]);
  expect(serials(lines)).toEqual(['1', '2']);
  expect(lines.map((line) => (JSON.parse(line) as { argv: string[] }).argv)).toEqual([['one'], ['two']]);
});

test('events of two nodes with one number are two', async () => {
  const lines = await joined(
    ['one', 'two'].map((node) => `node=${node} type=USER_LOGIN msg=audit(1.001:1): pid=7`),
  );
  expect(serials(lines)).toEqual(['1', '1']);
});

test('an event is told when many others have begun, and a line that is none keeps its place', async () => {
  const begun = Array.from({ length: 200 }, (_, serial) => `type=LOGIN msg=audit(1.001:${serial}): pid=1`);
  const lines = await joined([...begun, 'garbage', 'type=CWD msg=audit(1.001:0): cwd="/"']);
  expect(lines[200]).toBe('garbage');
  expect(serials([lines[0]!, lines[201]!])).toEqual(['0', '0']);
});

test('lines of others stay as they are, and a comment is no row', async () => {
  const lines = ['# a comment', '{"a":1}', 'type=LOGIN msg=audit(1.001:1): pid=1', 'text'];
  const stretch = await joinAudit(stretchOf(lines), spool);
  expect(stretch.rows).toBe(3);
  const written = readFileSync(stretch.plainPath, 'utf8').split('\n');
  expect([written[0], written[1], written[3]]).toEqual([lines[0], lines[1], lines[3]]);
});

test('an enriched record is its raw part; the call’s name is asked where the machine is not known', async () => {
  const [first, second] = await joined([
    'type=SYSCALL msg=audit(1.001:1): arch=c000003e syscall=59 success=yes pid=7 key=(null)\x1dARCH=x86_64 SYSCALL=execve UID="root"',
    'type=SYSCALL msg=audit(1.001:2): arch=c00000f3 syscall=221 success=yes pid=7 key="k"\x1dARCH=riscv64 SYSCALL=execve UID="root"',
  ]);
  expect(JSON.parse(first!)).toMatchObject({ audit: 'exec', key: '', pid: '7' });
  expect(JSON.parse(second!)).toMatchObject({ audit: 'exec', key: 'k' });
});

test('a log has records where its lines are some, not where they mention one', () => {
  const record = 'type=LOGIN msg=audit(1.001:1): pid=1';
  expect(hasAuditRecords(stretchOf(['x', '{}', record]))).toBe(true);
  expect(hasAuditRecords(stretchOf(['x type=LOGIN msg=audit(1.001:1): pid=1']))).toBe(false);
});

test('whatever a record says, it becomes one line', async () => {
  const word = fc.constantFrom('SYSCALL', 'EXECVE', 'PATH', 'CWD', 'SOCKADDR', 'EOE', 'X');
  const value = fc.oneof(
    fc.stringMatching(/^[!-~]{0,12}$/),
    fc.constantFrom('"', '""', '0A', '(null)', '4294967296', '-1', '__proto__', '257', '2'),
  );
  const field = fc.constantFrom('arch', 'syscall', 'argc', 'a0', 'a1', 'a2', 'a0[0]', 'name', 'saddr', 'pid');
  const record = fc
    .tuple(word, fc.nat(3), fc.array(fc.tuple(field, value), { maxLength: 6 }))
    .map(
      ([type, serial, fields]) =>
        `type=${type} msg=audit(1.001:${serial}): arch=c000003e syscall=59 ${fields.map((pair) => pair.join('=')).join(' ')}`,
    );
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 12 }), async (lines) => {
      for (const line of await joined(lines)) if (line !== '') JSON.parse(line);
    }),
    { numRuns: 200 },
  );
});
