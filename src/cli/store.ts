import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { BackupRequest, Manifest } from '../live/backup.js';
import { forTerminal } from '../output/escape.js';
import { countOf, formatBytes, formatCount } from '../output/format.js';
import type { TableCheck } from '../store/backup.js';
import type { Store } from '../store/store.js';
import { EXIT, ExitError } from './exit.js';
import { configOf, serverOf, stateFolderOf, urlFileFlag } from './serve.js';

interface StoreFlags {
  state?: string;
  config?: string;
  url?: string;
  urlFile?: string;
  database?: string;
}

/** `store`: upkeep of what `serve` keeps. */
export function addStoreCommands(program: Command): void {
  const store = program.command('store').description('what `stowaway serve` keeps: back up, restore, check');
  withPlace(store.command('backup').argument('<folder>', 'one that is empty, or is not there yet'))
    .description('back up tables, tokens, audit log and what waits to be loaded; also while the server runs')
    .option('--disk <name>', 'disk of the ClickHouse server for the tables (default: its folder for backups)')
    .action((folder: string, flags: StoreFlags & { disk?: string }) =>
      tellWhy(async () => {
        const stateFolder = await placeOf(flags);
        const request: BackupRequest = { folder: resolve(folder), disk: flags.disk };
        const manifest = await askOrDo<Manifest>(stateFolder, flags, {
          what: 'backup',
          of: request,
          work: async (opened) => (await import('../live/backup.js')).backUp(opened, stateFolder, request),
        });
        say(`backed up ${describe(manifest)} to ${folder}`);
        if (manifest.server !== null)
          say(`the tables lie with the server, as ${JSON.stringify(manifest.server)}; keep both`);
      }),
    );
  withPlace(store.command('restore').argument('<folder>', 'a backup'))
    .description('put a backup into a state folder that is empty or not there yet, and count what arrived')
    .action((folder: string, flags: StoreFlags) =>
      tellWhy(async () => {
        const stateFolder = await placeOf(flags);
        const { restore } = await import('../live/backup.js');
        const manifest = await restore(folder, stateFolder, await serverOf(flags));
        say(`restored ${describe(manifest)} of ${manifest.at} into ${stateFolder}`);
      }),
    );
  withPlace(store.command('check').argument('[folder]', 'a backup (default: the store itself)'))
    .description(
      'compare every part of the tables with its checksums; of a backup every file, and restore it on trial',
    )
    .option('--no-trial', 'do not restore a backup on trial, which takes room in the temporary folder')
    .action((folder: string | undefined, flags: StoreFlags & { trial: boolean }) =>
      tellWhy(() => (folder === undefined ? checkStore(flags) : checkBackup(folder, flags.trial))),
    );
}

const withPlace = (command: Command): Command =>
  command
    .addOption(
      new Option('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)').env(
        'STOWAWAY_CONFIG',
      ),
    )
    .addOption(new Option('--state <folder>', 'state folder of the server').env('STOWAWAY_SERVE_STATE'))
    .addOption(
      new Option('--url <url>', 'the ClickHouse server it uses, if any').env('STOWAWAY_CLICKHOUSE_URL'),
    )
    .addOption(urlFileFlag())
    .addOption(
      new Option('--database <name>', 'database on that server').env('STOWAWAY_CLICKHOUSE_DATABASE'),
    );

const placeOf = async ({ config, state }: StoreFlags): Promise<string> =>
  stateFolderOf(state, (await configOf(config)).config);

async function checkStore(flags: StoreFlags): Promise<void> {
  const stateFolder = await placeOf(flags);
  const checks = await askOrDo<TableCheck[]>(stateFolder, flags, {
    what: 'check',
    of: null,
    work: async (opened) => (await import('../store/backup.js')).checkTables(opened),
  });
  for (const { table, rows, problem } of checks)
    say(`${table}: ${countOf(rows, 'row')}, ${problem === '' ? 'whole' : `BROKEN: ${problem}`}`);
  const broken = checks.filter(({ problem }) => problem !== '').length;
  if (broken > 0)
    throw new ExitError(
      EXIT.error,
      `${countOf(broken, 'table')} broken; restore a backup into a new state folder`,
    );
}

async function checkBackup(folder: string, onTrial: boolean): Promise<void> {
  const { readBackup, tryRestore } = await import('../live/backup.js');
  const manifest = await readBackup(folder);
  say(`${folder} is as it was made: ${describe(manifest)} of ${manifest.at}, by release ${manifest.release}`);
  if (manifest.server !== null) say('the tables lie with the ClickHouse server; they were not looked at');
  else if (onTrial) {
    await tryRestore(folder);
    say('restored on trial: every table has the rows it should have');
  }
}

/** Has the running server do it, or does it where none runs: a store belongs to one process. */
async function askOrDo<T>(
  stateFolder: string,
  flags: StoreFlags,
  { what, of, work }: { what: string; of: unknown; work: (store: Store) => Promise<T> },
): Promise<T> {
  const [{ askServer }, { lockFolder }, { openStore }] = await Promise.all([
    import('../live/control.js'),
    import('../collect/folder-lock.js'),
    import('../store/store.js'),
  ]);
  const answer = await askServer<T>(stateFolder, what, of);
  if (answer !== null) return answer.done;
  const path = join(stateFolder, 'store');
  const location = await serverOf(flags);
  if (location === undefined && !existsSync(path))
    throw new ExitError(
      EXIT.error,
      `${stateFolder} holds no store; name the state folder with --state, and the ClickHouse server, if there is one, with --url`,
    );
  const release = await lockFolder(join(stateFolder, 'journal'));
  try {
    await using store = await openStore(location ?? { path, hasBackups: true });
    return await work(store);
  } finally {
    await release();
  }
}

/** What is for the user to mend is told in one line. */
async function tellWhy(work: () => Promise<void>): Promise<void> {
  const [{ BackupError }, { ControlError }, { FolderInUseError }] = await Promise.all([
    import('../store/backup.js'),
    import('../live/control.js'),
    import('../collect/folder-lock.js'),
  ]);
  try {
    await work();
  } catch (error) {
    const isTold = [BackupError, ControlError, FolderInUseError].some((kind) => error instanceof kind);
    if (isTold) throw new ExitError(EXIT.error, forTerminal((error as Error).message));
    throw error;
  }
}

function describe({ rows, files }: Manifest): string {
  const most = Object.values(rows).reduce((sum, { most: of }) => sum + of, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${formatCount(most)} rows of ${countOf(Object.keys(rows).length, 'table')}, ${countOf(files.length, 'file')}, ${formatBytes(bytes)}`;
}

const say = (line: string): boolean => process.stdout.write(`${forTerminal(line)}\n`);
