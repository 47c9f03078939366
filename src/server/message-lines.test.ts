import { expect, test } from 'vitest';
import { messageLines } from './message-lines.js';

const linesOf = (text: string) => messageLines(Buffer.from(text))?.toString('utf8');

test.each([
  ['{"a":1}', '{"a":1}\n'],
  ['{"a":1}\n', '{"a":1}\n'],
  ['{\n  "a": 1\n}', '{   "a": 1 }\n'],
  ['{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":2}\n'],
  ['[{"a":1},{"a":2}]', '{"a":1}\n{"a":2}\n'],
  ['plain text', 'plain text\n'],
  ['', ''],
])('%j becomes %j', (message, lines) => {
  expect(linesOf(message)).toBe(lines);
});

test('text never makes a second line, and broken JSON is one line for its source to reject', () => {
  expect(linesOf('GET /x\n{"forged":true}\r\n')).toBe('GET /x {"forged":true}\n');
  expect(linesOf('{"a": \n"forged":true')).toBe('{"a":  "forged":true\n');
});

test('a line that begins like an archive does not stand first', () => {
  expect(linesOf('PAR1 of four')).toBe('\nPAR1 of four\n');
});

test('what no source reads is none', () => {
  expect(messageLines(Buffer.alloc(17 * 1024 * 1024, 'a'))).toBeNull();
  expect(messageLines(Buffer.from(`{"a":"${'b'.repeat(17 * 1024 * 1024)}"}`))).toBeNull();
});
