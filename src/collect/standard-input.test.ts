import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeaderFinder } from '../ingest/table.js';
import { Intake } from './intake.js';
import { type OpenJournal, openJournal } from './journal.js';
import { StandardInput } from './standard-input.js';

let folder: string;
let journal: OpenJournal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-stdin-'));
  journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
});
afterEach(async () => {
  await journal.close();
  await rm(folder, { recursive: true });
});

const reading = (stream: Readable) => {
  const input = new StandardInput(
    new Intake(journal, 'standard input', 'stdin'),
    stream,
    new HeaderFinder([]),
  );
  input.start();
  return input;
};

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 2000 && !isSo(); n += 1) await sleep(5);
  expect(isSo()).toBe(true);
}

const text = async () => (await journal.take()).map(({ path }) => readFileSync(path, 'utf8')).join('|');

test('lines come whole, the last one without its end too, and the end is told', async () => {
  const input = reading(Readable.from([Buffer.from('1\n2'), Buffer.from('2\n3\nlast')]));
  await until(() => input.status().state === 'off');
  expect(input.status()).toMatchObject({ reason: 'standard input has ended', lines: 4 });
  expect(await text()).toBe('1\n22\n3\nlast\n');
});

test('a header stands before each segment', async () => {
  const stream = new PassThrough();
  const input = reading(stream);
  stream.write('#fields\ta\n1\n');
  await until(() => input.status().lines === 2);
  expect(await text()).toBe('#fields\ta\n1\n');
  stream.write('2\n');
  await until(() => input.status().lines === 3);
  expect(await text()).toBe('#fields\ta\n1\n|#fields\ta\n2\n');
  await input.stop();
  expect(input.status()).toMatchObject({ state: 'off', reason: 'stopped' });
});
