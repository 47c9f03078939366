import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFrame, type RawRecord } from './activity-frames.js';
import { ActivityRecords, type Surroundings, splitArguments } from './activity-records.js';

const CONTAINER = 'c'.repeat(64);
const LIMITS = { textBytes: 160, argvBytes: 8000 };

function recorder(around: Partial<Surroundings> = {}) {
  const told: Record<string, Record<string, unknown>[]> = { process: [], file: [] };
  const records = new ActivityRecords(
    {
      timeAt: (ns) => `time ${ns}`,
      containerOf: (cgroup) => (cgroup === '9' ? CONTAINER : ''),
      nameOf: () => 'sh',
      commandLineOf: () => null,
      folderOf: () => '/srv',
      emit: (log, record) => {
        // What a reader gets must be one line of JSON.
        const line = JSON.stringify(record);
        expect(line).not.toContain('\n');
        told[log]!.push(JSON.parse(line));
      },
      ...around,
    },
    LIMITS,
  );
  const take = (...frames: string[]) => {
    for (const frame of frames) records.take(parseFrame(frame) as RawRecord);
  };
  return { records, take, told };
}

const hex = (bytes: Buffer): string =>
  [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/** The frames of an exec, its arguments in pieces as the kernel side tells them. */
function execFrames(argv: Buffer, cgroup = '9'): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < Math.min(argv.length, LIMITS.argvBytes); at += LIMITS.textBytes)
    pieces.push(
      `A 5 7 ${at / LIMITS.textBytes} ${hex(argv.subarray(at, Math.min(at + LIMITS.textBytes, LIMITS.argvBytes)))}`,
    );
  return ['F 7 /bin/curl', `E 5 7 1 0 ${cgroup} ${argv.length} curl`, ...pieces];
}

describe('an execution', () => {
  test('any arguments come back whole', () => {
    const words = fc.array(
      fc.string({ unit: 'binary', maxLength: 300 }).map((word) => word.replaceAll('\0', '')),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(words, (argv) => {
        const { take, told } = recorder();
        take(...execFrames(Buffer.from(`${argv.join('\0')}\0`)));
        expect(told.process).toHaveLength(1);
        expect(told.process![0]).toMatchObject({
          record: 'exec',
          argv,
          argv_complete: true,
          container: CONTAINER,
        });
      }),
    );
  });

  test('a command line beyond what is told is asked for, and said to be cut when nobody answers', () => {
    const argv = Buffer.from(`curl\0${'d'.repeat(9000)}\0`);
    const asked = recorder({ commandLineOf: () => argv });
    asked.take(...execFrames(argv));
    expect(asked.told.process![0]).toMatchObject({ argv: ['curl', 'd'.repeat(9000)], argv_complete: true });
    const another = recorder({ commandLineOf: () => Buffer.alloc(argv.length, 'z') });
    another.take(...execFrames(argv));
    expect(another.told.process![0]).toMatchObject({ argv_complete: false });
  });

  test('a piece that was lost cuts the command line, and it is told after two ticks', () => {
    const { take, told } = recorder();
    const [file, exec, first, , third] = execFrames(Buffer.from(`${'a'.repeat(450)}\0`));
    take(file!, exec!, first!, third!, 'T 1');
    expect(told.process).toEqual([]);
    take('T 2');
    expect(told.process![0]).toMatchObject({ argv: ['a'.repeat(160)], argv_complete: false });
  });

  test('outside containers it is nobody’s business', () => {
    const { take, told } = recorder();
    take(
      ...execFrames(Buffer.from('ls\0'), '1'),
      'X 5 7 1 -2 /bin/x',
      'O 5 7 1 88 2 -100 /etc/x',
      'W 5 7 1 88 5 x',
    );
    expect(told).toEqual({ process: [], file: [] });
  });
});

describe('files', () => {
  test('what is written is told by the path it was opened by, whoever writes', () => {
    const { take, told } = recorder();
    take('O 5 7 9 88 2 -100 out/./x', 'W 6 8 9 88 500 x');
    expect(told.file).toMatchObject([
      { record: 'open_write', path: '/srv/out/x', path_complete: true },
      { record: 'write', pid: 8, path: '/srv/out/x', bytes: 500 },
    ]);
  });

  test('a relative path of a process that is gone stays relative', () => {
    const { take, told } = recorder({ folderOf: () => null });
    take('O 5 7 9 88 2 -100 x', 'W 6 7 9 99 1 y');
    expect(told.file).toMatchObject([
      { path: 'x', path_complete: false },
      { path: 'y', path_complete: false },
    ]);
  });

  test('reading is told for credentials only', () => {
    const { take, told } = recorder();
    take(
      'O 5 7 9 88 0 -100 /root/.aws/credentials',
      'O 5 7 9 88 0 -100 /app/config',
      'O 5 7 9 88 0 -100 /etc/ssl/certs/a.pem',
    );
    expect(told.file).toMatchObject([{ record: 'read', credential: 'cloud credentials' }]);
  });

  test('the same file opened over and over is told twenty times, until the next tick', () => {
    const { records, take, told } = recorder();
    for (let times = 0; times < 50; times += 1) take('O 5 7 9 88 2 -100 /tmp/x');
    expect(told.file).toHaveLength(20);
    expect(records.repeated).toBe(30);
    take('T 1', 'O 5 7 9 88 2 -100 /tmp/x');
    expect(told.file).toHaveLength(21);
  });

  test('what is left when the sensor ends is told for files whose opening was seen', () => {
    const { records, take, told } = recorder();
    take('O 5 7 9 88 2 -100 /tmp/x');
    records.takeRemainder(7, '88', 12);
    records.takeRemainder(7, '89', 12);
    expect(told.file!.slice(1)).toMatchObject([
      { record: 'write', path: '/tmp/x', bytes: 12, container: CONTAINER },
    ]);
  });
});

test('splitArguments keeps empty arguments', () => {
  expect(splitArguments(Buffer.from('a\0\0b\0'))).toEqual(['a', '', 'b']);
  expect(splitArguments(Buffer.from('a\0cut'))).toEqual(['a', 'cut']);
  expect(splitArguments(Buffer.alloc(0))).toEqual([]);
});
