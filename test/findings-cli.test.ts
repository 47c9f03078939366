import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { liveStatus, startTestServer, type TestServer } from '../src/server/testing/stand-ins.js';
import { stowaway } from './command-line.js';
import { root } from './recorded.js';

/** Triage from a terminal, against a real server over stand-ins. What a finding says was written by an attacker. */

const HOSTILE = 'a\u001b[2Jb\u009b31mc\u202egnp\r\nFORGED\u0007';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const COMMANDS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

let server: TestServer;
let env: Record<string, string>;
beforeEach(async () => {
  server = await startTestServer();
  server.findings.add('0123456789abcdef', {
    ...{ title: HOSTILE, why: HOSTILE, priority: 'high' },
    entity: { kind: 'workload', name: HOSTILE, ip: null, container_uid: HOSTILE, image: HOSTILE },
    destinations: [{ ip: '198.51.100.7', port: 443, domain: HOSTILE, bytes_out: 5 }],
  });
  writeFileSync(join(server.folder, 'token'), `${server.admin}\n`);
  env = { STOWAWAY_SERVER: server.url, STOWAWAY_TOKEN_FILE: join(server.folder, 'token') };
});
afterEach(() => server.end());

const findings = (...words: string[]) => stowaway(['findings', ...words], { cwd: server.folder, env });
const UID = '0123456789abcdef';

test.each([['list'], ['show', UID], ['list', '-f', 'json'], ['show', UID, '-f', 'json'], ['export']])(
  'findings %s %s %s shows what an attacker wrote, and obeys none of it',
  async (...words) => {
    const { code, out, err } = await findings(...words.filter((word) => word !== undefined));
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('gnp');
    expect(out).not.toMatch(COMMANDS);
    expect(out).not.toMatch(/^FORGED/m);
  },
);

test('a finding is noted on and closed with a verdict, and listed among the closed', async () => {
  expect(await findings('note', UID, 'asked the owner')).toEqual({
    ...{ code: 0, err: '', out: `noted on ${UID}\n` },
  });
  expect(await findings('close', UID, '--verdict', 'benign', '--reason', 'a backup')).toMatchObject({
    ...{ code: 0, err: '', out: `${UID} is closed: benign\n` },
  });
  const { kept, events } = (await server.findings.get(UID))!;
  expect(kept).toMatchObject({ state: 'closed', verdict: 'benign' });
  expect(events.map(({ what, why }) => [what, why]).slice(1)).toEqual([
    ['note', 'asked the owner'],
    ['verdict', 'a backup'],
    ['closed', 'a backup'],
  ]);
  expect((await findings('list')).out).toBe('no findings\n');
  expect((await findings('list', '--closed')).out).toContain(UID);
});

test('an export is read as a hunt’s result is, and goes into a file', async () => {
  expect(await findings('export', '-o', 'out.json')).toEqual({ code: 0, out: '', err: '' });
  expect(JSON.parse(readFileSync(join(server.folder, 'out.json'), 'utf8'))).toMatchObject({
    ...{ version: 1, findings: [{ uid: UID, why: HOSTILE }] },
  });
});

test('what the server refuses, and a server that is not there, is told in one line', async () => {
  const { code, err } = await findings('show', 'nothing');
  expect([code, err]).toEqual([1, 'stowaway: Not found: no finding nothing\n']);
  env.STOWAWAY_SERVER = 'http://127.0.0.1:9';
  expect(await findings('list')).toMatchObject({
    ...{ code: 1, out: '', err: expect.stringMatching(/^stowaway: .* does not answer.*\n$/) },
  });
});

test('watch shows what is open, goes on when the server starts again, and tells what a strategy sees', async () => {
  const watching = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'watch'], {
    ...{ cwd: server.folder, env: { ...process.env, ...env } },
  });
  let out = '';
  let err = '';
  watching.stdout.on('data', (piece) => {
    out += piece;
  });
  watching.stderr.on('data', (piece) => {
    err += piece;
  });
  const lines = async (count: number): Promise<Record<string, never>[]> => {
    for (let n = 0; n < 300 && out.split('\n').length <= count; n += 1) await sleep(100);
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  try {
    expect(await lines(1)).toMatchObject([{ kept: { uid: UID }, event: null }]);
    server.findings.add('b1');
    expect((await lines(2))[1]).toMatchObject({ kept: { uid: 'b1' }, event: { what: 'opened' } });
    const [strategy] = liveStatus().strategies;
    server.live.status = { ...liveStatus(), strategies: [{ ...strategy!, state: 'quiet', sight: 'whole' }] };
    expect((await lines(3))[2]).toMatchObject({ strategy: { id: strategy!.id, sight: 'whole' } });
    const port = new URL(server.url).port;
    await server.server.close();
    const { startServer } = await import('../src/server/server.js');
    const again = await startServer({ ...server.options, listen: `127.0.0.1:${port}` });
    for (let n = 0; n < 300 && !err.includes('trying again'); n += 1) await sleep(100);
    await sleep(3000);
    server.findings.add('c1');
    expect((await lines(4))[3]).toMatchObject({ kept: { uid: 'c1' } });
    expect(out).not.toMatch(COMMANDS);
    await again.close();
  } finally {
    watching.kill();
  }
});

test('notify test sends one message that says that it is a test, and tells a receiver that does not take it', async () => {
  const got: string[] = [];
  let status = 200;
  const receiver = createServer((request, response) => {
    request.on('data', (piece) => got.push(String(piece)));
    request.on('end', () => response.writeHead(status).end('\u001b[2Jno'));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const file = join(server.folder, 'stowaway.yaml');
  const channel = { name: 'soc', type: 'webhook', url, insecure: true, allow_private: true };
  writeFileSync(file, JSON.stringify({ notify: { channels: [channel] } }));
  const notify = (name: string) =>
    stowaway(['notify', 'test', name, '-c', file], { cwd: server.folder, env });
  try {
    expect(await notify('soc')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^soc: taken: /),
      err: '',
    });
    expect(got.join('')).toMatch(/test/i);
    status = 400;
    const refused = await notify('soc');
    expect(refused).toMatchObject({ code: 1, err: 'stowaway: soc did not take it\n' });
    expect(refused.out).not.toMatch(COMMANDS);
    expect(await notify('none')).toMatchObject({ code: 4, out: '' });
  } finally {
    receiver.close();
  }
});
