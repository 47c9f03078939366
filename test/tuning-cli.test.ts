import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { contentFolder } from '../src/model/paths.js';
import { root } from './recorded.js';

// Whole hunts in processes of their own.
vi.setConfig({ testTimeout: 300_000 });

const SCENARIO = join(
  contentFolder('strategies'),
  'T1567-exfiltration-over-web-service/scenarios/fires-on-upload-above-own-baseline',
);
const LOGS = [join(SCENARIO, 'conn.log'), '--baseline', join(SCENARIO, 'baseline')];
const CIDR = ['--container-cidr', '10.20.0.0/16'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In a folder without a stowaway.yaml, without STOWAWAY_… variables of whoever runs the tests. */
function stowaway(...words: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('STOWAWAY')),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'cli', 'main.js'), ...words],
    { cwd: folder, env, encoding: 'utf8' },
  );
  return { code: status, stdout, stderr };
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test('what could not be read is said, and logs beside it are judged', () => {
  const notes = write('notes.txt', 'what we talked of on Monday\nand on Tuesday\n');
  const answer = stowaway('backtest', ...LOGS, 'absent', notes, ...CIDR, '--set', 'T1567/openAt=0.8', '-q');
  expect(answer.stdout).toContain('FINDINGS: 1 open now');
  expect(answer.stderr).toBe(
    'stowaway: 1 left unread: notes.txt\nstowaway: absent: no such file or folder; check the path\n',
  );
});

describe('refuses in one line', () => {
  test.each([
    [1, 'give --set', ['backtest', '.']],
    [4, 'write it as STRATEGY/PARAMETER=VALUE', ['backtest', '.', '--set', 'T1567=3']],
    [4, 'T9 names no strategy', ['backtest', '.', '--set', 'T9/openAt=0.5']],
    [4, 'it must lie between 0 and 1', ['backtest', '.', '--set', 'T1567/openAt=5']],
    [
      4,
      'absent.yaml: cannot be read',
      ['backtest', '.', '--set', 'T1567/openAt=0.5', '--verdicts', 'absent.yaml'],
    ],
    [1, 'no such strategy', ['tune', 'T9']],
    [1, 'no such parameter', ['tune', 'T1567/nothing']],
    [1, 'give --logs as well', ['tune', 'T1567/openAt', '--verdicts', 'x.yaml']],
    [1, 'name it, as in T1567/volume_floor_bytes', ['tune', 'T1567', '--values', '1,2']],
    [4, 'it must lie between 0 and 1', ['tune', 'T1567/openAt', '--values', '7']],
    [4, 'openAtSingleClass (0.85) would be below openAt (0.9)', ['tune', 'T1567/openAt', '--values', '0.9']],
    [1, 'a whole number from 3 to 101', ['tune', 'T1567/openAt', '--steps', '2']],
    [1, 'no scenario could be used', ['tune', 'T1567/openAt', '--only', 'no-such-scenario']],
  ])('%i: %s', (code, message, words) => {
    const answer = stowaway(...words);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toMatch(/^stowaway: /);
    expect(answer.stderr).toContain(message);
    expect(answer.stderr).not.toContain('    at ');
  });

  test('what stowaway.yaml states, by its place', () => {
    const config = write('bad.yaml', 'parameters:\n  T1567:\n    openAt: 0.7\n    volume: 3\n');
    const { code, stderr } = stowaway('hunt', '.', '--config', config);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^stowaway: bad\.yaml:4:5: T1567-\S+ has no parameter volume; it has /);
  });
});

test('a backtest that loses a true positive shows it and ends with 4', () => {
  const verdicts = write(
    'verdicts.ndjson',
    '{"technique":"T1567","entity":"10.20.0.16","from":"2026-11-11T06:00:00Z","to":"2026-11-11T07:00:00Z","verdict":"true_positive","reason":"seen"}\n',
  );
  const words = ['backtest', ...LOGS, ...CIDR, '--quiet', '--set', 'T1567/openAt=0.95'];
  const changed = [...words, '--set', 'T1567/openAtSingleClass=0.99', '--verdicts', verdicts];
  const table = stowaway(...changed);
  expect(table).toMatchObject({ code: 4, stderr: '' });
  expect(table.stdout).toContain('FINDINGS: 1 open now, 0 then; 0 unchanged');
  expect(table.stdout).toMatch(
    /VANISH \(1\)\n {2}T1567 10\.20\.0\.16 .*verdict: true positive\n {6}0\.93 high.* → 0\.93 candidate/,
  );
  expect(table.stdout).toContain('its score 0.93 is under the 0.95 that two classes or more need (openAt)');
  expect(table.stdout).toMatch(/TRUE POSITIVES LOST \(1\)/);
  expect(table.stdout).toMatch(/^T1567-\S+ +1 → 0 +0 +0 +0 +1\.00 → none open/m);
  const json = JSON.parse(stowaway(...changed, '--format', 'json').stdout) as Record<string, unknown>;
  expect(json).toMatchObject({
    version: 1,
    parameters: [{ name: 'openAt', value: 0.95, was: 0.6 }, { name: 'openAtSingleClass' }],
    changes: [{ kind: 'vanishes', before: { score: 0.93 }, verdict: 'true_positive' }],
  });
});

test('tune shows each value, proposes nothing where nothing is better, and writes nothing', () => {
  const before = readdirSync(folder);
  const { code, stdout, stderr } = stowaway(
    'tune',
    'T1567/openAt',
    '--values',
    '0.5,0.84',
    '--only',
    'on-cold-start',
  );
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^trying on T1567-exfiltration-over-web-service\/fires-on-cold-start-bulk-upload \(1 of 1, after \d+ s\)\n$/,
  );
  expect(stdout).toMatch(/^0\.5 +1 .* same +\+0\.32 fires-on-cold-start-bulk-upload on 10\.20\.0\.15$/m);
  expect(stdout).toMatch(/^0\.6 +1 .* current +\+0\.22 /m);
  expect(stdout).toMatch(/^0\.84 +0 -1 .* refused$/m);
  expect(stdout).toContain('NO VALUE IS BETTER THAN THE CURRENT ONE');
  expect(stdout).toContain('openAt = 0.6: everything holds from 0.5 to 0.6');
  expect(readdirSync(folder)).toEqual(before);
});

test('tune says when the scenarios know nothing of a parameter', () => {
  const words = ['tune', 'T1567/body_floor_bytes', '--steps', '3', '--only', 'on-cold-start', '--quiet'];
  expect(stowaway(...words).stdout).toContain(
    'body_floor_bytes = 262144: no value tried makes a difference, so nothing here says which is right',
  );
});

test('a value that mends what stowaway.yaml spoilt is proposed as a snippet', () => {
  const config = write('spoilt.yaml', 'parameters:\n  T1567:\n    openAt: 0.84\n');
  const words = [
    'tune',
    'T1567/openAt',
    '--values',
    '0.7,0.8',
    '--only',
    'on-cold-start',
    '--config',
    config,
  ];
  const { code, stdout } = stowaway(...words, '--quiet');
  expect(code).toBe(0);
  expect(stdout).toContain('FAIL WITH THE CURRENT VALUES (');
  expect(stdout).toMatch(/^0\.7 +0 \+1 .* better +\+0\.12 /m);
  expect(stdout).toContain(
    'parameters:\n  T1567-exfiltration-over-web-service:\n    openAt: 0.8 # was 0.84\n',
  );
});
