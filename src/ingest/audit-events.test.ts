import { describe, expect, test } from 'vitest';
import { AuditEvents, auditAddress, auditArguments, auditText } from './audit-events.js';

const HEAD = 'msg=audit(1795276277.884:301):';

function eventOf(...records: string[]) {
  const events = new AuditEvents();
  const ended = [...records, 'type=EOE '].map((record) =>
    events.push(record.replace(/^(type=\S+) /, `$1 ${HEAD} `)),
  );
  return ended.at(-1)!;
}

describe('events', () => {
  test('the records of one call come together, also when another begins in between', () => {
    const events = new AuditEvents();
    const said = [
      'type=SYSCALL msg=audit(1.001:1): syscall=59 pid=7 comm="sh"',
      'type=SYSCALL msg=audit(1.002:2): syscall=59 pid=8 comm="ls"',
      'type=CWD msg=audit(1.001:1): cwd="/"',
      'type=EOE msg=audit(1.002:2): ',
      'type=EOE msg=audit(1.001:1): ',
    ].map((line) => events.push(line));
    expect(said.map((event) => event?.records.map(({ type }) => type))).toEqual([
      undefined,
      undefined,
      undefined,
      ['SYSCALL'],
      ['SYSCALL', 'CWD'],
    ]);
    expect(said[3]).toMatchObject({ time: 1.002, records: [{ fields: { pid: '8', comm: '"ls"' } }] });
  });

  test('what is no record is counted, and so is an event without an end', () => {
    const events = new AuditEvents();
    events.push('garbage');
    for (let serial = 0; serial < 300; serial++)
      events.push(`type=SYSCALL msg=audit(1.001:${serial}): pid=1`);
    expect(events.broken).toBe(1 + 44);
  });
});

describe('arguments', () => {
  test.each([
    [
      'plain and hexadecimal',
      ['type=EXECVE argc=3 a0="/bin/true" a1=612062 a2=630A64'],
      ['/bin/true', 'a b', 'c\nd'],
      true,
    ],
    ['a text of digits is a text when it is quoted', ['type=EXECVE argc=1 a0="4142"'], ['4142'], true],
    ['over several records', ['type=EXECVE argc=2 a0="sh"', 'type=EXECVE a1="-c"'], ['sh', '-c'], true],
    [
      'a long one in pieces',
      ['type=EXECVE argc=2 a0="x" a1_len=8 a1[0]=6162C3', 'type=EXECVE a1[1]=A463'],
      ['x', 'abäc'],
      true,
    ],
    ['one is missing', ['type=EXECVE argc=3 a0="x" a1="y"'], ['x', 'y'], false],
    ['an empty one', ['type=EXECVE argc=2 a0="x" a1=""'], ['x', ''], true],
  ])('%s', (_, records, argv, isComplete) => {
    expect(auditArguments(eventOf(...records))).toEqual({ argv, isComplete });
  });
});

test.each([
  ['020000506440000A0000000000000000', { address: '100.64.0.10', port: 80 }],
  [
    '0A0001BB0000000020010DB800000000000000000000001000000000',
    { address: '2001:db8:0:0:0:0:0:10', port: 443 },
  ],
  ['0A0001BB0000000000000000000000000000FFFFC633640A00000000', { address: '198.51.100.10', port: 443 }],
  ['01002F7661722F72756E2F782E736F636B00', null],
  [undefined, null],
])('the address of %s', (saddr, address) => {
  expect(auditAddress(saddr)).toEqual(address);
});

test('a text nobody gave is empty', () => {
  expect([undefined, '(null)', '""'].map(auditText)).toEqual(['', '', '']);
});
