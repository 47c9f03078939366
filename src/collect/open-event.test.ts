import { expect, test } from 'vitest';
import { withoutOpenEvent } from './open-event.js';

const record = (serial: number, type = 'SYSCALL') =>
  `type=${type} msg=audit(1795241826.123:${serial}): a=b\n`;
const kept = (text: string) => withoutOpenEvent(Buffer.from(text)).toString();

test.each([
  ['nothing', '', ''],
  ['other lines', 'a\nb\n', 'a\nb\n'],
  ['an event that has ended', record(1) + record(1, 'EOE'), record(1) + record(1, 'EOE')],
  [
    'an event that may go on',
    record(1) + record(1, 'EXECVE') + record(2) + record(2, 'PATH'),
    record(1) + record(1, 'EXECVE'),
  ],
  ['an event alone', record(1), ''],
  ['one behind another line', `x\n${record(1)}`, 'x\n'],
])('%s', (_, text, rest) => {
  expect(kept(text)).toBe(rest);
});
