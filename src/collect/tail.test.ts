import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readSources } from '../ingest/sources.js';
import { HeaderFinder } from '../ingest/table.js';
import { contentFolder } from '../model/paths.js';
import { Checkpoints } from './checkpoints.js';
import { Intake } from './intake.js';
import { type OpenJournal, openJournal } from './journal.js';
import { Tail, type TailOptions } from './tail.js';

/** One line, by xz 5.4. */
const NEVER_SEEN_XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jMAQAKbmV2ZXIgc2VlbgoAADFbIys8AkBEAAEjC8Ib/QkftvN9AQAAAAAEWVo=',
  'base64',
);

let finder: HeaderFinder;
let folder: string;
let journal: OpenJournal;
let tail: Tail;
/** Lines by input, in the order of their arrival. */
let got: Record<string, string[]>;
let segments: string[];

beforeAll(async () => {
  finder = new HeaderFinder(await readSources(contentFolder('sources')));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-tail-'));
  mkdirSync(join(folder, 'logs'));
  journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
  got = {};
  segments = [];
});
afterEach(async () => {
  await tail?.stop();
  await journal.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, 'logs', name);
const write = (name: string, text: string) => appendFileSync(at(name), text);

async function start(options: Partial<TailOptions> = {}): Promise<void> {
  const path = options.path ?? join(folder, 'logs');
  const checkpoints = await Checkpoints.open(join(folder, 'checkpoints.json'));
  tail = new Tail(new Intake(journal, path, 'tail'), {
    ...{ path, source: null, checkpoints, finder, pollMs: 3, lingerMs: 300 },
    ...options,
  });
  tail.start();
}

async function restart(meanwhile: () => void = () => {}): Promise<void> {
  await tail.stop();
  meanwhile();
  await start();
}

async function gather(): Promise<void> {
  for (const segment of await journal.take()) {
    const text = readFileSync(segment.path, 'utf8');
    segments.push(text);
    const name = segment.input.replace(`${folder}/logs/`, '');
    got[name] = [...(got[name] ?? []), ...text.split('\n').slice(0, -1)];
    await journal.remove(segment);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 2000 && !isSo(); n += 1) {
    await sleep(5);
    await gather();
  }
  expect([isSo(), got, tail.status().reason]).toEqual([true, got, tail.status().reason]);
}

const have = (lines: Record<string, string[]>) => until(() => JSON.stringify(got) === JSON.stringify(lines));
/** Nothing more comes, though it looks. */
async function still(lines: Record<string, string[]>): Promise<void> {
  write('seen', 'x\n');
  await until(() => got.seen !== undefined);
  await sleep(50);
  await gather();
  delete got.seen;
  expect(got).toEqual(lines);
}

describe('lines', () => {
  test('come whole, from the beginning, from each file, also from those that appear later', async () => {
    write('a', '1\n2\nunfin');
    await start();
    await have({ a: ['1', '2'] });
    write('a', 'ished\n');
    mkdirSync(at('below'));
    write('below/b', 'x\n');
    await have({ a: ['1', '2', 'unfinished'], 'below/b': ['x'] });
    expect(tail.status()).toMatchObject({ kind: 'tail', state: 'running', reason: '', lines: 4, losses: {} });
  });

  test('of a pattern; a path where nothing is waits, and says so', async () => {
    await start({ path: at('*.log') });
    await until(() => tail.status().reason.includes('no such file'));
    expect(tail.status().state).toBe('waiting');
    write('a.log', '1\n');
    write('b.txt', '2\n');
    await have({ 'a.log': ['1'] });
  });

  test('of more than a mebibyte come whole, one that is no line is left out and counted', async () => {
    const long = 'x'.repeat(3 << 20);
    write('a', `1\n${long}\n2\n${'y'.repeat(70 << 20)}\n3\n`);
    await start();
    await until(() => got.a?.at(-1) === '3');
    expect(got.a!.map((line) => line.length)).toEqual([1, long.length, 1, 1]);
    expect(tail.status().losses).toEqual({ 'lines that are too long': 1 });
  });

  test('are said to be of the source that is configured', async () => {
    write('a', '1\n');
    await start({ source: 'acme' });
    let sources: (string | null)[] = [];
    for (let n = 0; n < 2000 && sources.length === 0; n += 1) {
      await sleep(5);
      sources = (await journal.take()).map(({ source }) => source);
    }
    expect(sources).toEqual(['acme']);
  });

  test('what is no text is told and left alone', async () => {
    writeFileSync(at('binary'), Buffer.alloc(4096));
    await start();
    await until(() => tail.status().reason.includes('no text'));
    await still({});
  });
});

describe('a checkpoint', () => {
  test('is where it goes on', async () => {
    write('a', '1\n2\nha');
    await start();
    await have({ a: ['1', '2'] });
    await restart(() => write('a', 'lf\n3\n'));
    await have({ a: ['1', '2', 'half', '3'] });
  });

  test('follows a file that was renamed, and knows one that was replaced', async () => {
    write('a', '1\n');
    await start();
    await have({ a: ['1'] });
    await restart(() => {
      write('a', '2\n');
      renameSync(at('a'), at('a.1'));
      write('a', 'new\n');
      write('a.1', '3\n');
    });
    await until(() => got.a?.length === 4);
    expect([...got.a!].sort()).toEqual(['1', '2', '3', 'new']);
    expect(Object.keys(got)).toEqual(['a']);
    await restart(() => writeFileSync(at('a'), 'other\nlines\n'));
    await until(() => got.a?.length === 6);
    expect(got.a!.slice(4)).toEqual(['other', 'lines']);
  });

  test('that is damaged is an error that says what to do', async () => {
    writeFileSync(join(folder, 'checkpoints.json'), '{');
    await expect(start()).rejects.toThrow('is damaged; remove it');
    writeFileSync(join(folder, 'checkpoints.json'), '{"version":1,"files":[]}');
    await start();
  });
});

describe('rotation', () => {
  test('by renaming: what is written to the old name’s file still comes, under its name', async () => {
    write('a', '1\n');
    const writer = openSync(at('a'), 'a');
    await start({ path: at('a') });
    await have({ a: ['1'] });
    renameSync(at('a'), at('a.1'));
    writeSync(writer, '2\n');
    write('a', 'new\n');
    await until(() => got.a?.length === 3);
    writeSync(writer, 'without end');
    closeSync(writer);
    await until(() => got.a?.length === 4);
    expect([...got.a!].sort()).toEqual(['1', '2', 'new', 'without end']);
  });

  test('by removing and making anew', async () => {
    write('a', '1\n');
    await start();
    await have({ a: ['1'] });
    write('a', '2\n');
    rmSync(at('a'));
    write('a', '3\n');
    await until(() => got.a?.length === 3);
    expect([...got.a!].sort()).toEqual(['1', '2', '3']);
  });

  test('by copying and truncating: the copy is not read again', async () => {
    write('a', `${'1'.repeat(2000)}\n2\n`);
    await start();
    await have({ a: ['1'.repeat(2000), '2'] });
    write('a', '3\n');
    copyFileSync(at('a'), at('a.1'));
    truncateSync(at('a'), 0);
    write('a', '4\n');
    await until(() => got.a?.includes('4') === true && got.a.length + (got['a.1']?.length ?? 0) === 4);
    await still(got);
    expect(
      [...Object.values(got)]
        .flat()
        .map((line) => line.slice(0, 1))
        .sort(),
    ).toEqual(['1', '2', '3', '4']);
  });

  test('by truncation, also when it is longer at once than before', async () => {
    write('a', '1\n2\n');
    await start();
    await have({ a: ['1', '2'] });
    writeFileSync(at('a'), 'a\n');
    await have({ a: ['1', '2', 'a'] });
    writeFileSync(at('a'), 'longer than it was before\nx\n');
    await have({ a: ['1', '2', 'a', 'longer than it was before', 'x'] });
    writeFileSync(at('a'), 'shorter than it was before\n');
    await until(() => got.a?.at(-1) === 'shorter than it was before');
  });

  test('with compression: what was read is not read again, what was not is', async () => {
    const old = `${'1'.repeat(3000)}\n2\n`;
    write('a', old);
    await start();
    await until(() => got.a?.length === 2);
    writeFileSync(at('a.1.gz'), gzipSync(old));
    rmSync(at('a'));
    await until(() => tail.status().reason.includes('1 compressed files had been read'));
    await restart(() => {
      rmSync(at('a.1.gz'));
      writeFileSync(at('a.2.gz'), gzipSync(`${old}3\n4`));
    });
    await until(() => got.a?.length === 4);
    expect(got.a!.slice(2)).toEqual(['3', '4']);
    await restart(() => writeFileSync(at('other.gz'), gzipSync('never seen\n')));
    await until(() => got['other.gz']?.length === 1);
    writeFileSync(at('other.xz'), NEVER_SEEN_XZ);
    await until(() => got['other.xz']?.length === 1);
    const cut = gzipSync(Buffer.from('begins\n'.repeat(5000)));
    writeFileSync(at('cut.gz'), cut.subarray(0, cut.length - 12));
    await until(() => tail.status().reason.includes('cut.gz breaks off') && got['cut.gz'] !== undefined);
    expect(tail.status().losses).toEqual({ 'ends of compressed files that break off': 1 });
    expect(new Set(got['cut.gz'])).toEqual(new Set(['begins']));
  });
});

test('an event in several lines is not torn apart while it is written', async () => {
  const record = (serial: number, type: string) => `type=${type} msg=audit(1795241826.123:${serial}): x=y`;
  write('audit.log', `${record(1, 'SYSCALL')}\n${record(1, 'EOE')}\n${record(2, 'SYSCALL')}\n`);
  await start();
  await have({ 'audit.log': [record(1, 'SYSCALL'), record(1, 'EOE')] });
  write('audit.log', `${record(2, 'EXECVE')}\n`);
  await until(() => got['audit.log']?.length === 4);
  expect(segments.at(-1)).toBe(`${record(2, 'SYSCALL')}\n${record(2, 'EXECVE')}\n`);
});

describe('what later lines need', () => {
  test('Zeek’s header stands before each segment, whatever it begins with', async () => {
    const header = '#separator \\x09\n#path\tconn\n#fields\tts\tuid\n#types\ttime\tstring\n';
    write('conn.log', `${header}1\ta\n`);
    await start();
    await until(() => segments.length === 1);
    write('conn.log', '2\tb\n');
    await until(() => segments.length === 2);
    await restart(() => write('conn.log', '3\tc\n'));
    await until(() => segments.length === 3);
    expect(segments).toEqual([`${header}1\ta\n`, `${header}2\tb\n`, `${header}3\tc\n`]);
  });

  test('so does a line of names, and the clock of a table', async () => {
    const names = 'ts,te,td,sa,da,sp,dp,pr,flg,ibyt';
    write('flows.csv', `${names}\n1\n`);
    write('poll.txt', '# 1795241826.1\na\n');
    await start();
    await until(() => segments.length === 2);
    write('flows.csv', '2\n');
    write('poll.txt', 'b\n# 1795241827.1\n');
    await until(() => segments.length === 4);
    write('poll.txt', 'c\n');
    await until(() => segments.length === 5);
    expect([...segments].sort()).toEqual(
      [
        `${names}\n1\n`,
        `${names}\n2\n`,
        '# 1795241826.1\na\n',
        '# 1795241826.1\nb\n# 1795241827.1\n',
        '# 1795241827.1\nc\n',
      ].sort(),
    );
  });

  test('where an old file and a new one of one name take turns, each brings its own', async () => {
    write('a.log', '#fields\told\n1\n');
    await start();
    await until(() => segments.length === 1);
    renameSync(at('a.log'), at('a.log.1'));
    write('a.log', '#fields\tnew\n2\n');
    await until(() => segments.join('').includes('\n2\n'));
    // Both before the next segment is taken.
    await tail.stop();
    write('a.log', '3\n');
    write('a.log.1', '4\n');
    await start();
    await until(() => segments.join('').includes('\n3\n') && segments.join('').includes('\n4\n'));
    const headers = segments
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .reduce<{ header: string; rows: string[] }>(
        ({ header, rows }, line) =>
          line.startsWith('#')
            ? { header: line, rows }
            : { header, rows: [...rows, `${header.slice(8)} ${line}`] },
        { header: '', rows: [] },
      );
    expect(headers.rows.sort()).toEqual(['new 2', 'new 3', 'old 1', 'old 4']);
  });
});

test('a full journal makes it wait, and nothing is lost', async () => {
  await journal.close();
  journal = await openJournal(join(folder, 'journal'), { maxBytes: 1 });
  write('a', '1\n');
  await start();
  for (let n = 0; n < 2000 && journal.status().segments === 0; n += 1) await sleep(5);
  write('a', '2\n');
  for (let n = 0; n < 2000 && !tail.status().reason.includes('journal'); n += 1) await sleep(5);
  expect(tail.status()).toMatchObject({ state: 'waiting', lines: 1 });
  expect(tail.status().reason).toContain('waits for the journal: the journal is full');
  await restart();
  await have({ a: ['1', '2'] });
  expect(tail.status().losses).toEqual({});
});

test('files that are spent are removed once they are journaled', async () => {
  write('a.log.1', '1\n2\n');
  write('a.log', '3\n');
  await start({ isSpent: (path) => path.endsWith('.1') });
  await until(() => !existsSync(at('a.log.1')));
  await until(() => Object.keys(got).length === 2);
  expect(got).toEqual({ 'a.log': ['3'], 'a.log.1': ['1', '2'] });
  expect(statSync(at('a.log')).size).toBe(2);
});

const deed = fc.constantFrom(
  'write',
  'write',
  'write',
  'half',
  'rename',
  'copytruncate',
  'remove',
  'gzip',
  'restart',
  'look',
);

let run = 0;

test('whatever is done to a file between two looks, each line comes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 14 }), async (deeds) => {
      await rm(join(folder, 'logs'), { recursive: true });
      mkdirSync(join(folder, 'logs'));
      await start();
      got = {};
      run += 1;
      let n = 0;
      const lines: string[] = [];
      const all = () => new Set(Object.values(got).flat());
      const add = (end = '\n') => {
        n += 1;
        lines.push(`${run} ${n} ${'x'.repeat((n * 397) % 1500)}`);
        write('a', `${lines.at(-1)}${end}`);
      };
      const caughtUp = () => until(() => lines.every((line) => all().has(line)));
      for (const one of deeds) {
        if (one === 'write') add();
        if (one === 'half') {
          add('');
          await sleep(8);
          write('a', '\n');
        }
        if (one === 'look') await caughtUp();
        if (one === 'restart') await restart();
        if (!existsSync(at('a'))) continue;
        if (one === 'rename') renameSync(at('a'), at(`a.${++n}`));
        // What is removed or truncated with nobody looking is lost to everybody.
        if (one === 'remove' || one === 'copytruncate' || one === 'gzip') await caughtUp();
        if (one === 'remove') rmSync(at('a'));
        if (one === 'copytruncate') {
          copyFileSync(at('a'), at(`a.${++n}`));
          truncateSync(at('a'), 0);
        }
        if (one === 'gzip') {
          writeFileSync(at(`a.${++n}.gz`), gzipSync(readFileSync(at('a'))));
          rmSync(at('a'));
        }
      }
      await caughtUp();
      await tail.stop();
      await gather();
      expect([...all()].sort()).toEqual([...lines].sort());
      expect(tail.status().losses).toEqual({});
    }),
    { numRuns: 25 },
  );
});
