import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigSchema } from '../src/model/config.js';
import { type Serving, serve } from '../src/serve.js';
import { openLog } from '../src/server/log.js';
import { stowaway as run } from './command-line.js';

/** What a server keeps outlives its machine: backed up while it runs, restored elsewhere, and it goes on there. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-backup-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => join(folder, ...names);

const stowaway = (...words: string[]) =>
  run(['store', ...words], { cwd: folder, env: { STOWAWAY_SERVE_STATE: at('state') } });

const start = (state: string, tickSeconds: number): Promise<Serving> =>
  serve({
    config: ConfigSchema.parse({
      inputs: { host: false, tail: [at('logs')] },
      serve: { listen: '127.0.0.1:0', tick_seconds: tickSeconds },
    }),
    configFolder: folder,
    stateFolder: state,
    environment: () => undefined,
    log: openLog(process.stderr, 'warn'),
  });

const NOW = Math.floor(Date.now() / 1000);

/** Connections as Zeek writes them, all within the last half hour. */
const connections = (first: number, count: number): string =>
  Array.from({ length: count }, (_, at) => {
    const number = first + at;
    return `${JSON.stringify({
      ...{
        ts: NOW - 1800 + number,
        uid: `C${number}`,
        'id.orig_h': '10.88.0.7',
        'id.orig_p': 30_000 + number,
      },
      ...{ 'id.resp_h': '203.0.113.9', 'id.resp_p': 443, proto: 'tcp', service: 'ssl', duration: 1.5 },
      ...{ orig_bytes: 40_000_000, resp_bytes: 2000, conn_state: 'SF', history: 'ShADadFf' },
      ...{ orig_pkts: 30_000, orig_ip_bytes: 41_000_000, resp_pkts: 5, resp_ip_bytes: 2300 },
    })}\n`;
  }).join('');

async function ask<T>({ url }: Serving, path: string, token: string): Promise<T> {
  const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

async function until<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  let seen = await look();
  for (let tries = 0; !isIt(seen) && tries < 120; tries += 1) {
    await sleep(500);
    seen = await look();
  }
  expect(isIt(seen), JSON.stringify(seen)).toBe(true);
  return seen;
}

/** Rows of the tables that the command counts, by table. */
async function counted(): Promise<Record<string, number>> {
  const { code, out, err } = await stowaway('check');
  expect(code, err).toBe(0);
  expect(out).not.toContain('BROKEN');
  return Object.fromEntries(
    [...out.matchAll(/^(\w+): ([\d,]+) rows?, whole$/gm)].map(([, table, rows]) => [
      table!,
      Number(rows!.replaceAll(',', '')),
    ]),
  );
}

/** Data of tables that have one part alone: of several, some may be merged by now, and are checked no more. */
function onlyParts(): string[] {
  const names = ['-name', 'data.bin', '-printf', '%s %p\\n'];
  const { stdout } = spawnSync('find', ['-L', at('state', 'store', 'store'), ...names], { encoding: 'utf8' });
  const parts = stdout
    .trim()
    .split('\n')
    .map((line) => {
      const path = line.slice(line.indexOf(' ') + 1);
      return { bytes: Number.parseInt(line, 10), path, table: dirname(dirname(path)) };
    });
  return parts
    .filter(({ bytes, table }) => bytes > 1000 && parts.filter((part) => part.table === table).length === 1)
    .map(({ path }) => path);
}

interface Page {
  findings: { uid: string; version: number; verdict: string | null }[];
}

test('a backup of a running server goes on elsewhere with its findings, tokens and what waited', async () => {
  mkdirSync(at('logs'));
  writeFileSync(at('logs', 'conn.log.ndjson'), connections(0, 60));
  const first = await start(at('state'), 1);
  const admin = first.firstToken!;
  const found = await until(
    () => ask<Page>(first, '/findings', first.localToken),
    ({ findings }) => findings.length > 0,
  );
  const before = await counted();
  expect(before.network_activity).toBe(60);
  expect(before.finding).toBeGreaterThan(0);

  const made = await stowaway('backup', at('running'));
  expect(made.err).toBe('');
  expect(made.out).toMatch(/^backed up [\d,.]+k? rows of \d+ tables, \d+ files, \S+ \S+ to /);
  expect(statSync(at('running')).mode & 0o777).toBe(0o700);
  // Only one process has the store: the command did not open it itself.
  await first.stop();

  // What came after is not in it; a backup without a server has it.
  appendFileSync(at('logs', 'conn.log.ndjson'), connections(60, 5));
  expect((await stowaway('backup', at('stopped'))).err).toBe('');
  expect((await stowaway('check', at('stopped'))).out).toContain(
    'restored on trial: every table has the rows it should have',
  );

  rmSync(at('state'), { recursive: true });
  expect((await stowaway('restore', at('running'))).err).toBe('');
  expect(existsSync(at('state', 'local.json'))).toBe(false);
  expect(await counted()).toMatchObject({ network_activity: 60, finding: before.finding! });
  const second = await start(at('state'), 1);
  try {
    expect(second.firstToken).toBeNull();
    await ask(second, '/tokens', admin);
    const again = await ask<Page>(second, '/findings', second.localToken);
    expect(again.findings.map(({ uid }) => uid)).toEqual(
      expect.arrayContaining(found.findings.map(({ uid }) => uid)),
    );
    // It knows how far it had read.
    await until(counted, ({ network_activity }) => network_activity === 65);
  } finally {
    await second.stop();
  }
});

test('what was acknowledged and not loaded yet is in the backup', async () => {
  rmSync(at('state'), { recursive: true });
  rmSync(at('logs'), { recursive: true });
  const first = await start(at('state'), 3600);
  // The first tick has gone by; the next one is an hour away.
  await sleep(3000);
  const made = await fetch(`${first.url}/api/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${first.firstToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ holder: 'zeek', role: 'ingest' }),
  });
  const { secret } = (await made.json()) as { secret: string };
  const sent = await fetch(`${first.url}/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: connections(0, 7),
  });
  expect(sent.status).toBe(200);
  expect((await counted()).network_activity).toBe(0);
  expect((await stowaway('backup', at('waiting'))).err).toBe('');
  await first.stop();

  rmSync(at('state'), { recursive: true });
  expect((await stowaway('restore', at('waiting'))).err).toBe('');
  expect((await counted()).network_activity).toBe(0);
  const second = await start(at('state'), 1);
  await until(counted, ({ network_activity }) => network_activity === 7).finally(() => second.stop());
});

test('what is not whole, or would write over something, is refused in one line', async () => {
  const refusal = async (...words: string[]) => {
    const { code, out, err } = await stowaway(...words);
    expect(code, out).toBe(1);
    expect(err.trim().split('\n')).toHaveLength(1);
    return err;
  };
  expect(await refusal('restore', at('running'))).toMatch(
    /state is not empty \(\w+.*\); name a folder that is$/m,
  );
  expect(await refusal('backup', at('running'))).toMatch(/running is not empty/);
  expect(await refusal('check', at('logs-that-are-not'))).toMatch(
    /is no backup, or one that was not finished/,
  );
  expect(await refusal('backup', at('another'), '--state', at('nothing'))).toMatch(/nothing holds no store/);

  const audit = at('stopped', 'state', 'tokens.json');
  const whole = readFileSync(audit);
  writeFileSync(audit, Buffer.concat([whole, Buffer.from(' ')]));
  expect(await refusal('check', at('stopped'))).toMatch(/not as it was made: state\/tokens.json was changed/);
  rmSync(at('state'), { recursive: true });
  expect(await refusal('restore', at('stopped'))).toMatch(/state\/tokens.json was changed/);
  expect(existsSync(at('state'))).toBe(false);
  writeFileSync(audit, whole);
  expect((await stowaway('check', at('stopped'), '--no-trial')).code).toBe(0);

  // Parts that the disk spoilt are found in a live store, too: a byte of one, the end of another.
  expect((await stowaway('restore', at('stopped'))).err).toBe('');
  const [first, second] = onlyParts();
  expect(second).toBeDefined();
  const bytes = readFileSync(first!);
  bytes[bytes.length - 9]! ^= 0xff;
  writeFileSync(first!, bytes);
  truncateSync(second!, statSync(second!).size - 100);
  const { code, out, err } = await stowaway('check');
  expect(code).toBe(1);
  expect(out.match(/BROKEN/g), out).toHaveLength(2);
  expect(out).toMatch(/BROKEN: .* was set aside/);
  expect(err).toMatch(/^stowaway: 2 tables broken; restore a backup into a new state folder$/m);
});
