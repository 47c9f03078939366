import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HuntReport } from '../src/model/hunt-result.js';
import { recording, root } from './recorded.js';

/** The command as its users meet it: what it prints where, what it refuses, and with which code it ends. */

const MAIN = join(root, 'dist', 'cli', 'main.js');
const A = recording('a-http-upload').folder;

interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
beforeAll(async () => {
  if (!existsSync(MAIN))
    execFileSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' });
  folder = await mkdtemp(join(tmpdir(), 'stowaway-cli-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** No STOWAWAY_… variable of whoever runs the tests; a folder without a stowaway.yaml. */
function start(words: string[], input: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(STOWAWAY|VITEST|NODE_OPTIONS)/.test(name)),
  );
  return spawn(process.execPath, [MAIN, ...words], { cwd: folder, env, stdio: [input, 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<Answer> {
  const parts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      parts[name] += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', (value) => resolve(value)));
  return { code, ...parts };
}

const stowaway = (...words: string[]): Promise<Answer> => ended(start(words));

function piped(input: string, ...words: string[]): Promise<Answer> {
  const child = start(words, 'pipe');
  child.stdin!.end(input);
  return ended(child);
}

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe('refuses what it does not know', () => {
  test.each([
    { words: ['hunt', '--formt', 'json', '.'], suggestion: '--format' },
    { words: ['hnt', '.'], suggestion: 'hunt' },
    { words: ['sources', 'lst'], suggestion: 'list' },
    { words: ['sources', 'list', '--forma', 'json'], suggestion: '--format' },
    { words: ['quer', 'SELECT 1'], suggestion: 'query' },
  ])('$words', async ({ words, suggestion }) => {
    const { code, stdout, stderr } = await stowaway(...words);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^stowaway: unknown (?:option|command)/);
    expect(stderr).toContain(`Did you mean ${suggestion}?`);
    expect(stderr).not.toContain('    at ');
  });

  test.each([
    ['hunt'],
    ['hunt', '.', '--format', 'yaml'],
    ['hunt', '.', '--fail-on', 'apocalyptic'],
    ['hunt', '.', '-o', 'html'],
    ['hunt', '.', '-o', 'pdf=x.pdf'],
    ['hunt', '.', '--store', 'x', '--clickhouse-url', 'http://127.0.0.1:1'],
    ['query', 'SELECT 1'],
  ])('%s %s %s %s', async (...words) => {
    const { code, stdout, stderr } = await stowaway(...words);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^stowaway: /);
    expect(stderr).not.toContain('    at ');
  });
});

describe('configuration', () => {
  test.each([
    ['insde: [10.0.0.0/8]\n', ':1:1:', 'insde'],
    ['inside:\n  - 10.0.0.0/8\n  - ten\n', ':3:5:', 'inside'],
    ['sanctioned:\n  - destination: x.example\n    reason: because\n', ':2:', 'owner'],
    ['inside: [\n', ':2:1:', 'sequence'],
  ])('%j: names file, line and column', async (text, place, word) => {
    const file = await write('bad.yaml', text);
    const { code, stdout, stderr } = await stowaway('hunt', A, '--config', file);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`${file}${place}`);
    expect(stderr).toMatch(/bad\.yaml:\d+:\d+: /);
    expect(stderr).toContain(word);
  });

  test('a file that is not there, and networks that are none', async () => {
    expect((await stowaway('hunt', A, '--config', 'nowhere.yaml')).code).toBe(4);
    for (const flag of ['--inside', '--container-cidr']) {
      const { code, stderr } = await stowaway('hunt', A, flag, '10.0.0.0/33');
      expect([code, stderr]).toEqual([
        4,
        'stowaway: 10.0.0.0/33 is no address or network; write it as 10.0.0.0/8\n',
      ]);
    }
  });

  test('its schema is a schema', async () => {
    const { code, stdout } = await stowaway('config', 'schema');
    expect(code).toBe(0);
    const check = new Ajv2020({ validateFormats: false, allowUnionTypes: true }).compile(
      JSON.parse(stdout) as object,
    );
    expect(check({ inside: ['10.0.0.0/8'] })).toBe(true);
    expect(check({ insde: [] })).toBe(false);
  });
});

describe('a hunt', () => {
  let first: Answer;
  let report: HuntReport;
  beforeAll(async () => {
    first = await stowaway('hunt', A, '--format', 'json', '--quiet');
    report = JSON.parse(first.stdout) as HuntReport;
  });

  test('prints JSON that keeps its contract, and nothing else', () => {
    expect([first.code, first.stderr]).toEqual([0, '']);
    const schema = JSON.parse(readFileSync(join(root, 'docs', 'hunt-report.schema.json'), 'utf8')) as object;
    const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
    const isValid = ajv.validate(schema, report);
    expect(ajv.errorsText()).toBe('No errors');
    expect(isValid).toBe(true);
    expect(report.findings.map(({ status, technique, entity }) => [status, technique, entity.name])).toEqual([
      ['open', 'T1567', 'app1'],
    ]);
  });

  test('prints the same bytes the next time', async () => {
    expect((await stowaway('hunt', A, '--format', 'json', '--quiet')).stdout).toBe(first.stdout);
  });

  test('ends with 2 when a finding is as severe as --fail-on says, and writes its reports all the same', async () => {
    expect(report.findings[0]!.severity).toMatch(/critical|high/);
    const outputs = ['html', 'ocsf', 'json'].map((format) => `${format}=${join(folder, `report.${format}`)}`);
    const { code, stdout } = await stowaway(
      'hunt',
      A,
      '--fail-on',
      'high',
      ...outputs.flatMap((one) => ['-o', one]),
    );
    expect(code).toBe(2);
    expect(stdout).toContain('app1');
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toMatch(
      /^<!doctype html>.*app1.*<\/html>\s*$/is,
    );
    expect(await readFile(join(folder, 'report.json'), 'utf8')).toBe(first.stdout);
    const events = await readFile(join(folder, 'report.ocsf'), 'utf8');
    expect(
      events
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).not.toEqual([]);
  });

  test('ends with 3 under --strict where a strategy could not look fully', async () => {
    expect(report.strategies.some(({ state, reasons }) => state !== 'quiet' && reasons.length > 0)).toBe(
      true,
    );
    expect((await stowaway('hunt', A, '--strict', '--quiet')).code).toBe(3);
  });

  test('lists what stayed below the thresholds with --all only', async () => {
    const { stdout } = await stowaway('hunt', A, '--format', 'json', '--quiet', '--all');
    const all = (JSON.parse(stdout) as HuntReport).findings;
    expect(all.length).toBeGreaterThan(report.findings.length);
    expect(all.some(({ status }) => status === 'candidate')).toBe(true);
  });

  test('takes flags from STOWAWAY_… variables', async () => {
    const env = { PATH: process.env.PATH, STOWAWAY_FORMAT: 'jsonl', STOWAWAY_QUIET: '1' };
    const child = spawn(process.execPath, [MAIN, 'hunt', A], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout } = await ended(child);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { uid: string }).uid),
    ).toEqual(report.findings.map(({ uid }) => uid));
  });
});

describe('nothing to read', () => {
  test('an empty folder', async () => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    const { code, stderr, stdout } = await stowaway(
      'hunt',
      join(folder, 'empty'),
      '--format',
      'json',
      '--quiet',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('no files here');
    expect((JSON.parse(stdout) as HuntReport).inputs).toEqual([]);
  });

  test('a path that does not exist', async () => {
    const { code, stdout } = await stowaway('hunt', join(folder, 'nowhere'), '--quiet');
    expect(code).toBe(1);
    expect(stdout).toContain('no such file or folder');
  });
});

describe('lists for machines', () => {
  test.each([
    { words: ['sources', 'list'], key: 'sources', content: 'sources' },
    { words: ['ads', 'list'], key: 'strategies', content: 'strategies' },
  ])('$words', async ({ words, key, content }) => {
    const { code, stdout, stderr } = await stowaway(...words, '--format', 'json');
    expect([code, stderr]).toEqual([0, '']);
    const list = JSON.parse(stdout) as { version: number } & Record<string, { id: string }[]>;
    expect(Object.keys(list).sort()).toEqual([key, 'version']);
    expect(list.version).toBe(1);
    const folders = (await readdir(join(root, content), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
      .map(({ name }) => name);
    expect(list[key]!.map(({ id }) => id).sort()).toEqual(folders.sort());
  });
});

describe('cut off', () => {
  test.each([
    ['sources', 'list', '--format', 'json'],
    ['hunt', A, '--format', 'json', '--all', '--quiet'],
  ])('%s: a reader that leaves early is no error', async (...words) => {
    const child = start(words);
    let stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout!.destroy();
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });

  test('Ctrl-C judges what was read, says that it is partial, and ends with 130', async () => {
    const logs = join(folder, 'many');
    const store = join(folder, 'interrupted');
    await mkdir(logs);
    const flows = readFileSync(join(A, 'ulogd-nfct.ndjson'), 'utf8');
    for (let index = 0; index < 5000; index += 1) {
      await writeFile(join(logs, `${index}.ndjson`), flows.replaceAll('"ct.id": ', `"ct.id": ${index}`));
    }
    const child = start(['hunt', logs, '--store', store, '--quiet']);
    const answer = ended(child);
    // The store is opened after the handler is in place; a moment later files are being read.
    while (!existsSync(join(store, 'data')) && !existsSync(join(store, 'store'))) await sleep(50);
    await sleep(1000);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await answer;
    expect(code).toBe(130);
    expect(stderr).toContain('stopping after this file');
    expect(stdout).toMatch(/partial|stopped before the end/i);
  });
});

describe('standard input', () => {
  test('is a log where it is asked for', async () => {
    const log = readFileSync(join(A, 'conntrack-events.txt'), 'utf8');
    const { code, stdout } = await piped(log, 'hunt', '-', join(A, 'inspect.json'), '--format', 'json', '-q');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as HuntReport;
    expect(report.findings.map(({ entity }) => entity.name)).toEqual(['app1']);
  });

  test('is nobody’s rows where it is not', async () => {
    const { code, stderr } = await piped('left over\n', 'hunt', A, '--format', 'json', '-q');
    expect([code, stderr]).toEqual([0, '']);
  });

  test('brings a statement to query', async () => {
    const store = join(folder, 'kept');
    await stowaway('hunt', join(A, 'inspect.json'), '--store', store, '-q');
    const { stdout } = await piped('SELECT 6 * 7 AS answer;\n', 'query', '--store', store, '-');
    expect(stdout).toBe('{"answer":42}\n');
  });
});

describe('sources doctor', () => {
  const doctor = async (...paths: string[]) => {
    const { code, stdout } = await stowaway('sources', 'doctor', ...paths, '--format', 'json', '-q');
    expect(code).toBe(0);
    return JSON.parse(stdout) as {
      strategies: { id: string; state: string; triggers: number; triggersInAll: number }[];
      additions: { product: string; sources: string[]; opens: { strategy: string; analytics: string[] }[] }[];
    };
  };

  test('names what to add to a log of connections, and what that would open', async () => {
    const { strategies, additions } = await doctor(join(A, 'conntrack-events.txt'));
    expect(strategies.map(({ state }) => state)).toEqual(Array(5).fill('degraded'));
    expect(additions[0]!.sources).toEqual(['docker-events']);
    expect(additions[0]!.opens).toContainEqual({
      strategy: 'T1567-exfiltration-over-web-service',
      analytics: ['exec-before-upload', 'upload-tool'],
    });
    expect(additions.flatMap(({ sources }) => sources)).not.toContain('zeek-conn');
  });

  test('what is there is not advised again', async () => {
    const { strategies, additions } = await doctor(A);
    expect(additions.flatMap(({ sources }) => sources)).not.toContain('docker-events');
    const web = strategies.find(({ id }) => id.startsWith('T1567-'))!;
    expect([web.triggers < web.triggersInAll, additions[0]!.sources]).toEqual([
      true,
      expect.arrayContaining(['zeek-http']),
    ]);
  });
});
