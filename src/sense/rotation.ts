import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Files of one log that wait to be read and removed, at most. */
const MOST_WAITING = 64;
const ROTATED = /\.\d{13}$/;

export const NO_ROOM = `${MOST_WAITING} files of this log wait, and nobody reads them`;

/** A name that no file has had: whoever reads the file still under its old one must not take another for it. */
export function rotatedName(path: string): string {
  let time = Date.now();
  while (existsSync(`${path}.${time}`)) time += 1;
  return `${path}.${time}`;
}

/** The log that a rotated file was. */
export const originalName = (path: string): string => path.replace(ROTATED, '');

/** True for a file that was rotated: nobody writes it any more. */
export const isRotated = (path: string): boolean => ROTATED.test(path);

/** False when so much waits already that more would only fill the disk. */
export function hasRoomToRotate(path: string): boolean {
  const prefix = `${basename(path)}.`;
  const waiting = readdirSync(dirname(path)).filter((name) => name.startsWith(prefix) && isRotated(name));
  return waiting.length < MOST_WAITING;
}
