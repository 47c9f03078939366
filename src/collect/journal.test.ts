import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markOf } from '../host/process-mark.js';
import { JournalFull, type Segment } from '../model/live.js';
import { FolderInUseError } from './folder-lock.js';
import { openJournal } from './journal.js';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'stowaway-journal-')), 'journal');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const MUCH = 1e9;
const open = (maxBytes = MUCH) =>
  openJournal(folder, { maxBytes, now: () => new Date('2026-11-21T03:00:00Z') });
const textOf = ({ path }: Segment) => readFileSync(path, 'utf8');
const files = () => readdirSync(folder).sort();

test('lines of one input and source share a segment; it is taken until it is removed', async () => {
  const journal = await open();
  await Promise.all([
    journal.append('http:a', Buffer.from('1\n')),
    journal.append('http:a', Buffer.from('2')),
    journal.append('../../etc/x', Buffer.from('3\n'), 'zeek'),
    journal.append('http:a', Buffer.from('4\n'), 'zeek'),
  ]);
  await journal.append('http:a', Buffer.from('5\n'));
  const segments = await journal.take();
  expect(segments.map((one) => [one.input, one.source, textOf(one), one.bytes, one.arrived])).toEqual([
    ['http:a', null, '1\n2\n5\n', 6, '2026-11-21T03:00:00.000Z'],
    ['../../etc/x', 'zeek', '3\n', 2, '2026-11-21T03:00:00.000Z'],
    ['http:a', 'zeek', '4\n', 2, '2026-11-21T03:00:00.000Z'],
  ]);
  expect(await journal.take()).toEqual(segments);
  await journal.append('http:a', Buffer.from('6\n'));
  expect(textOf(segments[0]!)).toBe('1\n2\n5\n');
  for (const segment of segments) await journal.remove(segment);
  expect((await journal.take()).map(textOf)).toEqual(['6\n']);
  expect(journal.status()).toEqual({
    segments: 1,
    bytes: 2,
    maxBytes: MUCH,
    refused: 0,
    torn: 0,
    trouble: '',
  });
  await journal.close();
  expect(files()).toHaveLength(2);
});

test('only its owner may look', async () => {
  const journal = await open();
  await journal.append('a', Buffer.from('1\n'));
  const modes = [folder, ...files().map((name) => join(folder, name))].map(
    (path) => statSync(path).mode & 0o777,
  );
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  await journal.close();
});

test('a header stands once at the beginning of each segment', async () => {
  const journal = await open();
  const header = Buffer.from('#fields\ta\n');
  await journal.append('a', Buffer.from('1\n'), null, header);
  await journal.append('a', Buffer.from('2\n'), null, header);
  await journal.take();
  await journal.append('a', Buffer.from('3\n'), null, header);
  expect((await journal.take()).map(textOf)).toEqual(['#fields\ta\n1\n2\n', '#fields\ta\n3\n']);
  await journal.close();
});

test('a segment that is large enough is followed by another', async () => {
  const journal = await open();
  const large = Buffer.alloc(33 * 1024 * 1024, 'x');
  await journal.append('a', large);
  await journal.append('a', Buffer.from('next\n'));
  expect((await journal.take()).map(({ bytes }) => bytes)).toEqual([large.length + 1, 5]);
  await journal.close();
});

test('beyond its limit it refuses, and takes again once something was removed', async () => {
  const journal = await open(10);
  await journal.append('a', Buffer.from('one that is larger than all\n'));
  await expect(journal.append('a', Buffer.from('2\n'))).rejects.toThrow(JournalFull);
  await expect(journal.append('a', Buffer.from('2\n'))).rejects.toMatchObject({ retryAfterSeconds: 5 });
  const [segment] = await journal.take();
  await journal.remove(segment!);
  await journal.append('a', Buffer.from('3\n'));
  expect(journal.status()).toMatchObject({ segments: 1, bytes: 2, refused: 2 });
  await journal.close();
});

describe('after a restart', () => {
  test('everything is there, and a torn line is cut off and counted', async () => {
    const first = await open();
    await first.append('in', Buffer.from('1\n2\n'), 'falco');
    await first.append('torn at once', Buffer.from('3\n'));
    await first.close();
    for (const name of files().filter((one) => one.endsWith('.log')))
      appendFileSync(join(folder, name), 'unfini');
    await writeFile(join(folder, '0000000000000007.log'), 'nothing whole');
    await writeFile(join(folder, '0000000000000008.json'), '{');
    const second = await open();
    expect(second.status()).toMatchObject({ segments: 2, bytes: 6, torn: 3 });
    const segments = await second.take();
    expect(segments.map((one) => [one.input, one.source, textOf(one)])).toEqual([
      ['in', 'falco', '1\n2\n'],
      ['torn at once', null, '3\n'],
    ]);
    for (const segment of segments) {
      expect(Date.parse(segment.arrived)).toBeGreaterThan(Date.now() - 600_000);
      await second.remove(segment);
    }
    await second.append('in', Buffer.from('4\n'));
    const [next] = await second.take();
    expect(next!.path > segments[1]!.path).toBe(true);
    await second.close();
    expect(files()).toHaveLength(2);
  });

  test('lines whose label was damaged are kept under a name that says so', async () => {
    const first = await open();
    await first.append('in', Buffer.from('1\n'));
    await first.close();
    await writeFile(join(folder, files().find((name) => name.endsWith('.json'))!), 'x');
    const second = await open();
    expect((await second.take()).map(({ input }) => input)).toEqual([expect.stringContaining('is damaged')]);
    await second.close();
  });
});

describe('one process at a time', () => {
  test('who comes second is told who holds it', async () => {
    const journal = await open();
    await expect(open()).rejects.toThrow(FolderInUseError);
    await expect(open()).rejects.toThrow(`is used by process ${process.pid}`);
    await journal.close();
    await (await open()).close();
  });

  test('the lock of a process that ended, or whose number another has, is taken over', async () => {
    const journal = await open();
    await journal.close();
    for (const mark of [
      '',
      '{"pid":4194999,"startedAt":"1"}',
      JSON.stringify({ ...markOf(process.pid), startedAt: '1' }),
    ]) {
      await writeFile(join(folder, 'lock'), mark);
      await (await open()).close();
      expect(existsSync(join(folder, 'lock'))).toBe(false);
    }
    expect(files()).toEqual([]);
  });
});

interface Model {
  acknowledged: string[];
  offered: string[];
}

/** A crash leaves of what was not acknowledged any piece: it is written behind the last segment of its input, and cut anywhere. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      inputs: fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }),
      length: fc.nat(40),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), remove: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('crash' as const), rest: fc.nat(200), cut: fc.nat(200) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

test('whatever happens, what was acknowledged is there, whole, in order, once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await rm(folder, { recursive: true, force: true });
      let journal = await open();
      let n = 0;
      const model = new Map<string, Model>();
      const got = new Map<string, string[]>();
      const read = (segment: Segment) => {
        const lines = textOf(segment).split('\n').slice(0, -1);
        got.set(segment.input, [...(got.get(segment.input) ?? []), ...lines]);
      };
      for (const one of steps) {
        if (one.do === 'append') {
          await Promise.all(
            one.inputs.map(async (input) => {
              n += 1;
              const lines = [`${n} ${'é'.repeat(one.length)}`, `${n} second`];
              const known = model.get(`in ${input}`) ?? { acknowledged: [], offered: [] };
              model.set(`in ${input}`, known);
              known.acknowledged.push(...lines);
              await journal.append(`in ${input}`, Buffer.from(lines.join('\n')));
            }),
          );
        } else if (one.do === 'take') {
          for (const segment of (await journal.take()).slice(0, one.remove)) {
            read(segment);
            await journal.remove(segment);
          }
        } else {
          const taken =
            one.do === 'crash' ? new Set((await journal.take()).map(({ path }) => path)) : new Set();
          await journal.close();
          const last = [...taken].at(-1) as string | undefined;
          if (one.do === 'crash' && last) {
            const whole = statSync(last).size;
            appendFileSync(last, 'was not acknowledged\n'.repeat(20).slice(0, one.rest));
            truncateSync(last, whole + Math.min(one.cut, one.rest));
          }
          journal = await open();
        }
      }
      for (const segment of await journal.take()) read(segment);
      await journal.close();
      for (const [input, { acknowledged }] of model)
        expect(got.get(input)!.filter((line) => line !== 'was not acknowledged')).toEqual(acknowledged);
      expect([...got.keys()].sort()).toEqual([...model.keys()].sort());
    }),
    { numRuns: 60 },
  );
});
