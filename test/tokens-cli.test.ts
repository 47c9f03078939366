import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigSchema } from '../src/model/config.js';
import { type Serving, serve } from '../src/serve.js';
import { openLog } from '../src/server/log.js';
import { stowaway } from './command-line.js';

/** Whoever owns the state folder says who may use the server, whether it runs or not. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-tokens-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state = (): string => join(folder, 'state');
const tokens = (...words: string[]) =>
  stowaway(['tokens', ...words], { cwd: folder, env: { STOWAWAY_SERVE_STATE: state() } });
const listed = async (): Promise<{ id: string; holder: string; role: string }[]> =>
  JSON.parse((await tokens('list', '--format', 'json')).out);
const audited = (): Record<string, unknown>[] =>
  readFileSync(join(state(), 'audit.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const start = (): Promise<Serving> =>
  serve({
    config: ConfigSchema.parse({ inputs: { host: false }, serve: { listen: '127.0.0.1:0' } }),
    configFolder: folder,
    stateFolder: state(),
    environment: () => undefined,
    log: openLog(process.stderr, 'warn'),
  });

const asks = (serving: Serving, secret: string, path = 'api/v1/status') =>
  fetch(`${serving.url}/${path}`, { headers: { authorization: `Bearer ${secret}` } }).then(
    ({ status }) => status,
  );

test('tokens made before the first start count, and no other administrator is made', async () => {
  const made = await tokens('create', 'ada', '--role', 'admin');
  expect(made).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^stow_[\w-]{43}\n$/) });
  expect(statSync(join(state(), 'tokens.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(state(), 'tokens.json'), 'utf8')).not.toContain(made.out.trim());
  const serving = await start();
  try {
    expect(serving.firstToken).toBeNull();
    expect(await asks(serving, made.out.trim(), 'api/v1/tokens')).toBe(200);
  } finally {
    await serving.stop();
  }
});

test('a running server takes a token at once, and refuses a revoked one', async () => {
  const serving = await start();
  try {
    const { out } = await tokens(
      ...['create', 'zeek on node 1', '--role', 'ingest', '--source', 'zeek', '--expires', '30d'],
    );
    const [, , zeek] = await listed();
    expect(zeek).toMatchObject({ holder: 'zeek on node 1', role: 'ingest', sources: ['zeek'] });
    // It hands over logs, and asks nothing.
    expect(await asks(serving, out.trim())).toBe(403);
    expect(await tokens('revoke', zeek!.id)).toMatchObject({
      code: 0,
      out: 'revoked: zeek on node 1, role ingest\n',
    });
    expect(await asks(serving, out.trim())).toBe(401);
    expect((await tokens('list')).out).toMatch(/^ID +ROLE +SOURCES +CREATED +EXPIRES +HOLDER\n/);
    expect(audited().map(({ what, who, target }) => ({ what, who, target }))).toEqual([
      { what: 'token.create', who: expect.stringMatching(/ on the command line$/), target: 'zeek on node 1' },
      expect.objectContaining({ what: 'authentication.refused' }),
      { what: 'token.revoke', who: expect.stringMatching(/ on the command line$/), target: zeek!.id },
      expect.objectContaining({ what: 'authentication.refused' }),
    ]);
  } finally {
    await serving.stop();
  }
});

test.each([true, false])('what cannot be is refused in one line (a server runs: %s)', async (isRunning) => {
  const serving = isRunning ? await start() : null;
  try {
    const { out } = await tokens('create', 'ada', '--role', 'admin');
    expect(out).toMatch(/^stow_/);
    const admins = (await listed()).filter(({ role }) => role === 'admin');
    for (const { id } of admins.slice(1)) await tokens('revoke', id);
    const refused = [
      [
        ['create', 'z', '--role', 'ingest', '--source', 'zek'],
        /^stowaway: no source of that name; did you mean zeek\?/,
      ],
      [['create', '../z', '--role', 'ingest'], /^stowaway: holder: a name of 1 to 63 letters/],
      [
        ['create', 'z', '--role', 'viewer', '--source', 'zeek'],
        /^stowaway: sources: only a token of role ingest/,
      ],
      [['create', 'z', '--role', 'root'], /^stowaway: option '--role <role>' argument 'root' is invalid/],
      [['create', 'z', '--role', 'viewer', '--expires', 'soon'], /^stowaway: --expires soon: say how long/],
      [
        ['create', 'z', '--role', 'viewer', '--expires', '2020-01-01'],
        /^stowaway: expires: lies in the past/,
      ],
      [['revoke', 'nobody'], /^stowaway: no token nobody\n$/],
      [['revoke', admins[0]!.id], /^stowaway: this is the last admin token: make another one first\n$/],
    ] as const;
    for (const [words, message] of refused) {
      const answer = await tokens(...words);
      expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringMatching(message) });
      expect(answer.err.trim().split('\n')).toHaveLength(1);
    }
    expect((await listed()).filter(({ holder }) => holder === 'z')).toEqual([]);
  } finally {
    await serving?.stop();
  }
});
