import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { BackupRequest, Manifest } from '../live/backup.js';
import { forTerminal } from '../output/escape.js';
import { countOf, formatBytes, formatCount } from '../output/format.js';
import type { TableCheck } from '../store/backup.js';
import type { Store } from '../store/store.js';
import { askOrDo, tellWhy } from './ask-or-do.js';
import { EXIT, ExitError } from './exit.js';
import { configOf, serverOf, stateFolderOf, urlFileFlag, withStateFolder } from './serve.js';

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
      tellOfBackup(async () => {
        const stateFolder = await placeOf(flags);
        const request: BackupRequest = { folder: resolve(folder), disk: flags.disk };
        const manifest = await askOrOpen<Manifest>(stateFolder, flags, {
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
      tellOfBackup(async () => {
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
      tellOfBackup(() => (folder === undefined ? checkStore(flags) : checkBackup(folder, flags.trial))),
    );
}

const withPlace = (command: Command): Command =>
  withStateFolder(command)
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
  const checks = await askOrOpen<TableCheck[]>(stateFolder, flags, {
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

/** Has the running server do it, or opens the store where none runs. */
async function askOrOpen<T>(
  stateFolder: string,
  flags: StoreFlags,
  { what, of, work }: { what: string; of: unknown; work: (store: Store) => Promise<T> },
): Promise<T> {
  return await askOrDo<T>({ stateFolder, what, of }, async () => {
    const { openStore } = await import('../store/store.js');
    const path = join(stateFolder, 'store');
    const location = await serverOf(flags);
    if (location === undefined && !existsSync(path))
      throw new ExitError(
        EXIT.error,
        `${stateFolder} holds no store; name the state folder with --state, and the ClickHouse server, if there is one, with --url`,
      );
    await using store = await openStore(location ?? { path, hasBackups: true });
    return await work(store);
  });
}

async function tellOfBackup(work: () => Promise<void>): Promise<void> {
  const { BackupError } = await import('../store/backup.js');
  await tellWhy([BackupError], work);
}

function describe({ rows, files }: Manifest): string {
  const most = Object.values(rows).reduce((sum, { most: of }) => sum + of, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${formatCount(most)} rows of ${countOf(Object.keys(rows).length, 'table')}, ${countOf(files.length, 'file')}, ${formatBytes(bytes)}`;
}

const say = (line: string): boolean => process.stdout.write(`${forTerminal(line)}\n`);
