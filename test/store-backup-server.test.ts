import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backUp, readBackup, restore } from '../src/live/backup.js';
import { openLiveStore } from '../src/live/open-store.js';
import { checkTables } from '../src/store/backup.js';
import { openStore } from '../src/store/store.js';
import { type ClickHouseServer, startServer, whyNoServer } from './clickhouse-server.js';
import { root } from './recorded.js';

/** The same backup where the tables lie with a ClickHouse server. */

const MAIN = join(root, 'dist', 'cli', 'main.js');
const skipped = whyNoServer();
if (skipped) console.log(`SKIP: backup of a ClickHouse server: ${skipped}`);

let folder: string;
let server: ClickHouseServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-backup-'));
  if (!skipped) server = await startServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.skipIf(skipped !== null)(
  'tables go to the server, the rest to the folder, and both come back',
  async () => {
    const location = { url: server.url, database: 'stowaway' };
    await using other = await openStore({ url: server.url });
    await other.run('CREATE DATABASE stowaway');
    const state = join(folder, 'state');
    await mkdir(join(state, 'journal'), { recursive: true });
    await writeFile(join(state, 'tokens.json'), '{}');
    await writeFile(join(state, 'journal', 'lock'), 'of a process');

    const store = await openLiveStore(location);
    await store.run(
      "INSERT INTO network_activity (time, src_endpoint_ip, dst_endpoint_ip, src_endpoint_port) SELECT now(), '10.0.0.1', '192.0.2.1', number FROM numbers(1000)",
    );
    await store.run(
      "INSERT INTO finding_event (uid, version, at, what, who, why) VALUES ('f1', 1, now(), 'opened', 'test', 'because')",
    );
    const manifest = await backUp(store, state, { folder: join(folder, 'made') });
    expect(manifest.server).toEqual({ file: expect.stringMatching(/^stowaway-\d{8}T\d{9}Z$/) });
    expect(manifest.rows.network_open).toEqual({ least: 1000, most: 1000 });
    expect(manifest.files.map(({ path }) => path)).toEqual(['state/tokens.json']);
    await store.close();

    const again = join(folder, 'again');
    await expect(restore(join(folder, 'made'), again)).rejects.toThrow(
      /laid down by a ClickHouse server; name one with --url$/,
    );
    await expect(restore(join(folder, 'made'), again, location)).rejects.toThrow(
      /^database stowaway has tables already/,
    );
    await other.run('DROP DATABASE stowaway SYNC');
    await other.run('CREATE DATABASE stowaway');
    await restore(join(folder, 'made'), again, location);
    expect((await readBackup(join(folder, 'made'))).database).toBe('stowaway');

    const restored = await openLiveStore(location);
    expect(await restored.rows("SELECT uid, who, why FROM finding_event WHERE uid = 'f1'")).toEqual([
      { uid: 'f1', who: 'test', why: 'because' },
    ]);
    const checks = await checkTables(restored);
    expect(checks.filter(({ problem }) => problem !== '')).toEqual([]);
    // The view to what is open saw no row a second time.
    for (const table of ['network_activity', 'network_open'])
      expect(checks.find((check) => check.table === table)?.rows, table).toBe(1000);
    await restored.close();

    // As a secret comes: in a file, with a line's end.
    await writeFile(join(folder, 'url'), `${server.url}\n`);
    const words = ['store', 'check', '--state', again, '--url-file', join(folder, 'url')];
    const command = () =>
      promisify(execFile)(process.execPath, [MAIN, ...words, '--database', 'stowaway'], { cwd: folder });
    const { stdout, stderr } = await command();
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^finding_event: 1 row, whole$/m);
    await writeFile(join(folder, 'url'), 'no address');
    await expect(command()).rejects.toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^stowaway: --url-file \S+ holds no URL, such as http:[^\n]+\n$/),
    });
  },
);
