import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTokens } from './tokens.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-tokens-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the first start', () => {
  test('makes one token of an administrator, and tells its secret once', async () => {
    const { tokens, first } = await openTokens(folder);
    expect(tokens.check(first!)).toMatchObject({ role: 'admin', holder: 'first-admin' });
    expect(tokens.list()).toHaveLength(1);
    expect((await openTokens(folder)).first).toBeNull();
  });

  test('makes it for a day: a log that kept it lets nobody in for good', async () => {
    let now = new Date('2026-11-21T03:00:00Z');
    const { tokens, first } = await openTokens(folder, () => now);
    expect(tokens.list()).toMatchObject([{ expires: '2026-11-22T03:00:00.000Z' }]);
    const own = await tokens.create({ holder: 'ann', role: 'admin' });
    now = new Date('2026-11-22T03:00:00Z');
    expect(tokens.check(first!)).toBeNull();
    expect(tokens.check(own.secret)).toMatchObject({ holder: 'ann', role: 'admin' });
    // It ended; it is not made anew for whoever reads the log of the next start.
    expect((await openTokens(folder, () => now)).first).toBeNull();
  });
});

describe('the file', () => {
  test('holds no secret, and only its owner reads it', async () => {
    const { tokens, first } = await openTokens(folder);
    const { secret } = await tokens.create({ holder: 'falco', role: 'ingest', sources: ['falco'] });
    const text = await readFile(join(folder, 'tokens.json'), 'utf8');
    for (const each of [first!, secret]) {
      expect(each).toMatch(/^stow_[\w-]{43}$/);
      expect(text).not.toContain(each);
      expect(text).not.toContain(each.slice(5));
    }
    expect((await stat(join(folder, 'tokens.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['tokens.json']);
    expect(JSON.stringify(tokens.list())).not.toContain('sha256');
  });

  test('that holds something else is told, and not written over', async () => {
    await writeFile(join(folder, 'tokens.json'), '{"version":1,"tokens":[{}]}');
    await expect(openTokens(folder)).rejects.toThrow('holds no tokens; restore it');
    await writeFile(join(folder, 'tokens.json'), '{"vers');
    await expect(openTokens(folder)).rejects.toThrow('holds no tokens');
  });

  test('that is broken while the server runs is not written over, and what was known counts', async () => {
    const { tokens, first } = await openTokens(folder);
    await writeFile(join(folder, 'tokens.json'), 'x');
    expect(tokens.check(first!)?.role).toBe('admin');
    await expect(tokens.create({ holder: 'a', role: 'viewer' })).rejects.toThrow(
      'holds no tokens; restore it',
    );
    expect(await readFile(join(folder, 'tokens.json'), 'utf8')).toBe('x');
  });

  test('is read again when another process has changed it', async () => {
    const server = (await openTokens(folder)).tokens;
    const commandLine = (await openTokens(folder)).tokens;
    const { token, secret } = await commandLine.create({ holder: 'ann', role: 'analyst' });
    expect(server.check(secret)?.holder).toBe('ann');
    await server.create({ holder: 'bob', role: 'viewer' });
    expect(commandLine.list().map(({ holder }) => holder)).toEqual(['first-admin', 'ann', 'bob']);
    await commandLine.revoke(token.id);
    expect(server.check(secret)).toBeNull();
    expect(server.get(token.id)).toBeNull();
  });

  test('keeps all that are made at once', async () => {
    const { tokens } = await openTokens(folder);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => tokens.create({ holder: `h${n}`, role: 'viewer' })),
    );
    expect((await openTokens(folder)).tokens.list()).toHaveLength(21);
  });
});

describe('a token', () => {
  test('counts until it expires', async () => {
    let now = new Date('2026-11-21T03:00:00Z');
    const { tokens } = await openTokens(folder, () => now);
    const { secret, token } = await tokens.create({
      holder: 'ann',
      role: 'viewer',
      expires: '2026-11-21T04:00:00.000Z',
    });
    expect(tokens.check(secret)?.id).toBe(token.id);
    now = new Date('2026-11-21T04:00:00Z');
    expect(tokens.check(secret)).toBeNull();
    expect(tokens.get(token.id)).toBeNull();
  });

  test('is refused when it makes no sense', async () => {
    const { tokens } = await openTokens(folder);
    await expect(tokens.create({ holder: 'a\nb', role: 'viewer' })).rejects.toThrow('holder: a name of');
    await expect(tokens.create({ holder: 'a', role: 'admin', sources: ['falco'] })).rejects.toThrow(
      'only a token of role ingest',
    );
    await expect(tokens.create({ holder: 'a', role: 'ingest', sources: [] })).rejects.toThrow(
      'name at least one',
    );
    await expect(
      tokens.create({ holder: 'a', role: 'viewer', expires: '2020-01-01T00:00:00.000Z' }),
    ).rejects.toThrow('lies in the past');
  });

  test.each(['', 'stow_', 'Bearer', 'x'.repeat(10_000), '\0'])('is none: %j', async (secret) => {
    expect((await openTokens(folder)).tokens.check(secret)).toBeNull();
  });
});
