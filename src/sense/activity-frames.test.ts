import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader, lostEvents, parseFrame, parseRemainder } from './activity-frames.js';

const NONCE = '0123456789abcdef';
const framed = (text: string): string => `<${NONCE} ${text}>${NONCE}\n`;

/** Bytes as latin1, weighted towards what could be mistaken for marks. */
const hostile = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('<', '>', '\n', 'T 1', '<0123', '>0123456789abcde', '@b[1, 2]: 3', 'Lost 5 events'),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))
  // Nobody who writes records knows the word; a generator may hit upon it.
  .filter((text) => !text.includes(NONCE));

/** The text in pieces, cut anywhere. */
const cut = (text: string, places: number[]): string[] => {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
};

describe('FrameReader', () => {
  test('whatever stands in records and wherever output is cut, the same records come back', () => {
    fc.assert(
      fc.property(fc.array(hostile), fc.array(fc.nat()), (texts, places) => {
        const reader = new FrameReader(NONCE);
        const output = `Attaching 3 probes...\n${texts.map(framed).join('')}Lost 7 events\n`;
        const pieces = cut(output, places).map((piece) => reader.push(piece));
        expect(pieces.flatMap(({ frames }) => frames)).toEqual(texts);
        expect(pieces.flatMap(({ outside }) => outside)).toEqual(['Attaching 3 probes...', 'Lost 7 events']);
        expect(reader.broken).toBe(0);
      }),
    );
  });

  test('a record without its end is counted, and the next is read', () => {
    const reader = new FrameReader(NONCE);
    const { frames } = reader.push(`<${NONCE} T 1${framed('T 2')}`);
    expect(frames).toEqual(['T 2']);
    expect(reader.broken).toBe(1);
  });

  test('an endless record is given up', () => {
    const reader = new FrameReader(NONCE);
    reader.push(`<${NONCE} ${'x'.repeat(70_000)}`);
    expect(reader.broken).toBe(1);
    expect(reader.push(framed('T 3')).frames).toEqual(['T 3']);
  });

  test('what looks like a record but lacks the mark is none', () => {
    const reader = new FrameReader(NONCE);
    expect(reader.push('<fedcba9876543210 T 1>fedcba9876543210\n').frames).toEqual([]);
  });
});

describe('parseFrame', () => {
  test('each kind', () => {
    expect(parseFrame('T 12')).toEqual({ kind: 'tick', ns: 12n });
    expect(parseFrame('G 291 /docker/x')).toEqual({ kind: 'cgroup', id: '291', path: '/docker/x' });
    expect(parseFrame('F 7 /bin/a b\nc')).toEqual({ kind: 'exec_file', pid: 7, file: '/bin/a b\nc' });
    expect(parseFrame('E 5 7 1 -1 291 10 my name')).toMatchObject({
      uid: 4294967295,
      length: 10,
      name: 'my name',
    });
    expect(parseFrame('A 5 7 0 \\x61\\x00')).toMatchObject({ index: 0, bytes: Buffer.from('a\0') });
    expect(parseFrame('X 5 7 291 -2 /bin/none')).toMatchObject({ error: 2, file: '/bin/none' });
    expect(parseFrame('C 5 7 291 ::ffff:10.0.0.1 4000 2001:db8::1 443 1')).toMatchObject({
      source: '::ffff:10.0.0.1',
      destinationPort: 443,
    });
    expect(parseFrame('O 5 7 291 18446612688519408928 2 -100 ')).toMatchObject({
      isWrite: true,
      folder: -100,
      path: '',
    });
    expect(parseFrame('W 5 7 291 18446612688519408928 99 a')).toMatchObject({ kind: 'written', bytes: 99 });
  });

  test('anything else is no record, and nothing throws', () => {
    fc.assert(fc.property(hostile, (text) => parseFrame(text) === null || /^[TGFEAXCOW] \d/.test(text)));
    for (const text of ['', 'T', 'T x', 'T 1 ', 'E 5 7', 'A 5 7 0 \\x6', 'O 5 7 291 1 2', 'Z 1'])
      expect(parseFrame(text), text).toBeNull();
  });
});

test('what bpftrace says when it ends', () => {
  expect(parseRemainder('@b[2385, -131385190142688]: 7')).toEqual({
    pid: 2385,
    inode: '18446612688519408928',
    bytes: 7,
  });
  expect(parseRemainder('@b[x, 1]: 7')).toBeNull();
  expect(lostEvents('Lost 12 events')).toBe(12);
  expect(lostEvents('lost')).toBe(0);
});
