import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../host/state-file.js';
import { contentFolder, packageVersion } from '../model/paths.js';
import { BackupError, type BackupPlace, backUpTables, restoreTables } from '../store/backup.js';
import { readSchema, refuseStrangers } from '../store/schema.js';
import { openStore, type Store, type StoreLocation } from '../store/store.js';

/** Says that a backup is whole: it is written last. */
const MANIFEST = 'backup.json';

/**
 * What of a state folder is not copied, by its path in there: the store (the engine does that), what is made anew by each start, and what
 * sensors of that host had in hand.
 */
const LEFT_OUT = /^(?:store|scratch|local\.json|control\.sock|inputs\/host|(?:.*\/)?lock(?:\..*)?|.*\.new)$/;

/** What the tool of a new volume puts there does not make a folder full. */
const OF_NO_ACCOUNT = ['lost+found'];

const count = z.object({ least: z.number(), most: z.number() });
const Manifest = z.object({
  version: z.literal(1),
  at: z.iso.datetime(),
  release: z.string(),
  /** Where a ClickHouse server laid the tables; null: in the folder `store` beside this file. */
  server: z
    .union([z.object({ file: z.string() }), z.object({ disk: z.string(), name: z.string() })])
    .nullable(),
  database: z.string(),
  schema: z.array(z.object({ file: z.string(), hash: z.string(), release: z.string() })),
  rows: z.record(z.string(), count),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});
export type Manifest = z.infer<typeof Manifest>;

export interface BackupRequest {
  /** Where the backup goes: a folder that is empty or not there yet. Absolute. */
  folder: string;
  /** A disk of the ClickHouse server for the tables. Default: its folder for backups. */
  disk?: string | undefined;
}

/**
 * Backs up a store and the state folder around it. Nobody may remove from the journal meanwhile; lines may come. What a sender was told is
 * taken is in the tables or in the journal, and what an input notes as read is copied before the journal, so that nothing falls between.
 */
export async function backUp(
  store: Store,
  stateFolder: string,
  { folder, disk }: BackupRequest,
): Promise<Manifest> {
  await claimEmpty(folder);
  try {
    const at = new Date();
    const name = `stowaway-${at.toISOString().replace(/[-:.]/g, '')}`;
    const server: BackupPlace | null =
      store.kind === 'embedded' ? null : disk === undefined ? { file: name } : { disk, name };
    for (const part of await topFirst(stateFolder, 'journal'))
      await copyInto(join(folder, 'state'), stateFolder, part);
    const tables = await backUpTables(store, server ?? { file: join(folder, 'store') });
    await copyInto(join(folder, 'state'), stateFolder, 'journal');
    const manifest: Manifest = {
      version: 1,
      at: at.toISOString(),
      release: await packageVersion(),
      server,
      ...tables,
      files: await hashAll(folder),
    };
    await writeWhole(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
    return manifest;
  } catch (error) {
    for (const name of await readdir(folder))
      if (!OF_NO_ACCOUNT.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
    throw error;
  }
}

/**
 * Compares a backup with what it says of itself.
 *
 * @throws BackupError when it is not whole, or was changed
 */
export async function readBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const found = new Map((await hashAll(folder)).map((file) => [file.path, file]));
  const wrong = manifest.files.flatMap(({ path, bytes, sha256 }) => {
    const here = found.get(path);
    found.delete(path);
    if (!here) return [`${path} is missing`];
    return here.bytes === bytes && here.sha256 === sha256 ? [] : [`${path} was changed`];
  });
  wrong.push(...[...found.keys()].map((path) => `${path} is none of it`));
  if (wrong.length > 0)
    throw new BackupError(
      `${folder} is not as it was made: ${wrong.slice(0, 5).join(', ')}${wrong.length > 5 ? ` and ${wrong.length - 5} more` : ''}`,
    );
  return manifest;
}

/**
 * Puts a backup into a state folder that is empty or not there yet, and its tables into the store there, or into an empty database of a server.
 *
 * @throws BackupError
 */
export async function restore(
  folder: string,
  stateFolder: string,
  location?: StoreLocation,
): Promise<Manifest> {
  const manifest = await readBackup(folder);
  const isOnServer = location !== undefined && 'url' in location;
  if (manifest.server !== null && !isOnServer)
    throw new BackupError(
      `the tables of ${folder} were laid down by a ClickHouse server; name one with --url`,
    );
  if (manifest.server === null && isOnServer)
    throw new BackupError(`the tables of ${folder} are the embedded engine's; restore without --url`);
  const schema = contentFolder('schema');
  const all = [...(await readSchema(schema)), ...(await readSchema(join(schema, 'live')))];
  refuseStrangers(manifest.schema, all, await packageVersion());
  const files = all.filter(({ name }) => manifest.schema.some(({ file }) => file === name));

  await claimEmpty(stateFolder);
  try {
    await copyInto(stateFolder, join(folder, 'state'), '');
    await using store = await openStore(location ?? { path: join(stateFolder, 'store'), hasBackups: true });
    await restoreTables(store, manifest.server ?? { file: join(resolve(folder), 'store') }, {
      ...manifest,
      files,
    });
  } catch (error) {
    for (const name of await readdir(stateFolder))
      if (!OF_NO_ACCOUNT.includes(name)) await rm(join(stateFolder, name), { recursive: true, force: true });
    throw error;
  }
  return manifest;
}

/** Restores a backup of an embedded store into a temporary folder, counts, and removes it again. */
export async function tryRestore(folder: string): Promise<Manifest> {
  const scratch = await mkdtemp(join(tmpdir(), 'stowaway-restore-'));
  try {
    return await restore(folder, join(scratch, 'state'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, MANIFEST);
  if (!existsSync(file))
    throw new BackupError(`${folder} is no backup, or one that was not finished: it has no ${MANIFEST}`);
  try {
    return Manifest.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new BackupError(`${file} cannot be read; it was damaged, or is of a newer release`, {
      cause: error,
    });
  }
}

/** Makes a folder for its owner alone where none is. @throws BackupError when something lies in it */
async function claimEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = (await readdir(folder)).filter((name) => !OF_NO_ACCOUNT.includes(name));
  if (names.length > 0) throw new BackupError(`${folder} is not empty (${names[0]}); name a folder that is`);
}

const topFirst = async (folder: string, last: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name !== last);

/** Copies a file, or a folder with all in it. What goes away meanwhile was of no account any more. */
async function copyInto(target: string, root: string, path: string): Promise<void> {
  if (LEFT_OUT.test(path)) return;
  const from = join(root, path);
  const found = await stat(from).catch(unlessGone);
  if (found?.isDirectory()) {
    await mkdir(join(target, path), { recursive: true, mode: 0o700 });
    for (const name of await readdir(from))
      await copyInto(target, root, path === '' ? name : `${path}/${name}`);
  } else if (found?.isFile()) {
    await mkdir(dirname(join(target, path)), { recursive: true, mode: 0o700 });
    await copyFile(from, join(target, path)).catch(unlessGone);
  }
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Every file but the manifest, by its path; each is on disk when this returns. */
async function hashAll(folder: string): Promise<Manifest['files']> {
  const files: Manifest['files'] = [];
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of names.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name).slice(join(folder, '/').length);
    if (path === MANIFEST) continue;
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of createReadStream(join(folder, path))) {
      hash.update(piece as Buffer);
      bytes += (piece as Buffer).length;
    }
    await sync(join(folder, path));
    files.push({ path, bytes, sha256: hash.digest('hex') });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
