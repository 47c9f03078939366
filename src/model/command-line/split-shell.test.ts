import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitShell } from './split-shell.js';

function argvs(text: string): string[][] {
  return splitShell(text).commands.map((command) => command.argv);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

describe('splitShell', () => {
  it.each<[string, string, string[][]]>([
    ['words', 'a  b\tc', [['a', 'b', 'c']]],
    ['quotes within a word', `a"b c"'d e'\\ f`, [['ab cd e f']]],
    ['an empty word', `a ''`, [['a', '']]],
    ['ANSI quotes', `printf $'a\\n\\x41\\'b'`, [['printf', "a\nA'b"]]],
    ['backslashes in double quotes', `echo "a\\"b\\c"`, [['echo', 'a"b\\c']]],
    ['comments', 'a # b; c\nd', [['a'], ['d']]],
    ['no comment inside a word', 'a http://x/#b', [['a', 'http://x/#b']]],
    ['lists', 'a; b && c || d & e\nf', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    ['continued lines', 'a \\\n b', [['a', 'b']]],
    ['variables as typed', 'curl $URL "${X:-$(y)}"', [['y'], ['curl', '$URL', '${X:-$(y)}']]],
    ['substitutions', 'a "$(b `c`)" d', [['c'], ['b', '`c`'], ['a', '$(b `c`)', 'd']]],
    ['arithmetic is no command', 'sleep $(( 1 + RANDOM % 2 ))', [['sleep', '$(( 1 + RANDOM % 2 ))']]],
    [
      'process substitution',
      'nc h 1 < <(tar c .)',
      [
        ['tar', 'c', '.'],
        ['nc', 'h', '1'],
      ],
    ],
    ['subshells and groups', '(a; b); { c; }', [['a'], ['b'], ['c']]],
    ['if', 'if a; then b; elif c; then d; else e; fi', [['a'], ['b'], ['c'], ['d'], ['e']]],
    ['case', 'case $x in a|b) c ;; (d) e;; esac; f', [['c'], ['e'], ['f']]],
    ['functions', 'f() { curl x; }; function g { y; }', [['curl', 'x'], ['y']]],
    ['tests', '[[ a < b && c ]] && d', [['[[', 'a', 'b', 'c', ']]'], ['d']]],
    ['arrays', 'a=(b $(c)) d', [['c'], ['d']]],
    ['find', 'find . -exec a {} \\;', [['find', '.', '-exec', 'a', '{}', ';']]],
    ['stray closers', 'done; ) } fi a', [['a']]],
  ])('splits %s', (_name, text, expected) => {
    expect(argvs(text)).toEqual(expected);
  });

  it('reads redirects with descriptors', () => {
    expect(splitShell(`a 2>/dev/null <in >>'o t' 3<>/dev/tcp/h/1 2>&1 &>x 5 >y`).commands[0]).toMatchObject({
      argv: ['a', '5'],
      redirects: [
        { fd: 2, operator: '>', target: '/dev/null' },
        { operator: '<', target: 'in' },
        { operator: '>>', target: 'o t' },
        { fd: 3, operator: '<>', target: '/dev/tcp/h/1' },
        { fd: 2, operator: '>&', target: '1' },
        { operator: '&>', target: 'x' },
        { operator: '>', target: 'y' },
      ],
    });
  });

  it('reads heredocs and here-strings', () => {
    const script = splitShell(`ftp -n h <<EOF\nput x\nEOF\nnc h 1 <<< 'a b'`);
    expect(script.commands.map((command) => command.redirects[0]?.target)).toEqual(['put x\n', 'a b']);
    expect(script.incomplete).toBe(false);
  });

  it('knows loops, pipes, background and conditions', () => {
    const { commands, loops } = splitShell(
      'a | b; for n in $(seq 3); do c; done | d & while true; do e; done; f',
    );
    expect(commands.map((command) => command.argv[0])).toEqual(['a', 'b', 'seq', 'c', 'd', 'true', 'e', 'f']);
    expect(commands.map((command) => command.inLoop)).toEqual([
      false,
      false,
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(commands.map((command) => command.pipeFrom)).toEqual([
      undefined,
      0,
      undefined,
      undefined,
      3,
      undefined,
      undefined,
      undefined,
    ]);
    expect(commands.map((command) => command.inBackground)).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(commands[5]?.conditionOf).toBe('while');
    expect(loops).toEqual(['for n in $(seq 3)', 'while']);
  });

  it('gives the redirects and the input of a group to its commands', () => {
    const { commands } = splitShell('x | { a; b; } > /dev/tcp/h/1');
    expect(commands[2]).toMatchObject({
      argv: ['b'],
      pipeFrom: 0,
      redirects: [{ operator: '>', target: '/dev/tcp/h/1' }],
    });
  });

  it.each([
    'a "b',
    "a 'b",
    'a $(b',
    'a `b',
    'for x in 1; do a',
    '( a',
    '{ a',
    'a ${b',
    'a <<E\nb',
    'a \\',
    'if a; then',
    '$((1',
  ])('calls %j incomplete', (text) => {
    expect(splitShell(text).incomplete).toBe(true);
  });

  it.each<[string, string | undefined]>([
    ['a b', 'in-word'],
    ['a b ', 'between-words'],
    ['a > b', 'in-redirect'],
    ['a b;', undefined],
    ['a b | ', undefined],
  ])('says how the end met %j', (text, open) => {
    expect(splitShell(text).commands[0]?.open).toBe(open);
  });

  it('gives back the words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (words) => {
        expect(argvs(words.map(quote).join(' '))).toEqual([words]);
      }),
    );
  });

  it('takes any text', () => {
    const shellish = fc.array(
      fc.constantFrom(
        '$(',
        ')',
        '`',
        '"',
        "'",
        '{',
        '}',
        '${',
        '((',
        '$((',
        '<<E',
        '\n',
        ';',
        '&',
        '|',
        '<(',
        '>',
        'for ',
        'do ',
        'done ',
        'case x in ',
        'esac ',
        'a ',
        '\\',
        '#',
        '[[ ',
        '()',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          shellish.map((parts) => parts.join('')),
        ),
        (text) => void splitShell(text),
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    `'`,
    `"`,
    '`',
    '$(',
    '${',
    '(',
    '{ ',
    '$((',
    '<<a ',
    'a;',
    '( a > b )&',
    'done ',
    '( done ',
    'for x in ',
    '\\',
    '"$(',
    'a|',
    '<(',
    '`\\`',
    'case a in ',
    '{ a; } > b;',
    'x=(',
    '$(( ) ',
    'a(',
    'a b ',
  ])('reads a megabyte of %j, and of twice that no less', (piece) => {
    const script = (bytes: number) => splitShell(piece.repeat(Math.ceil(bytes / piece.length)));
    const [once, twice] = [script(1_000_000), script(2_000_000)];
    expect(twice.commands.length).toBeGreaterThanOrEqual(once.commands.length);
    if (once.truncated) expect(twice.truncated).toBe(true);
  });
});
