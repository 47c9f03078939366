import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Only for the account that runs the server. */
export const PRIVATE_FILE = 0o600;

/** The folder of such files, made when it is missing. */
export const makeStateFolder = (folder: string): Promise<unknown> =>
  mkdir(folder, { recursive: true, mode: 0o700 });

/** Replaces a file as a whole: a crash leaves the old one or the new one. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  const handle = await open(beside, 'w', PRIVATE_FILE);
  try {
    // An older one of that name keeps its mode.
    await handle.chmod(PRIVATE_FILE);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}
