import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where host programs lie; the caller's PATH often lacks the sbin folders, and may be somebody else's. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** All that a program is told of ours: the rest of the environment stays out, and words and times come in one form. */
export const PROGRAM_ENVIRONMENT = { PATH: FOLDERS.join(':'), LC_ALL: 'C', TZ: 'UTC' };

/** The absolute path of a host program, or null. */
export function findProgram(name: string): string | null {
  for (const folder of FOLDERS) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

const NETNS_NAME = /^(?!\.)[A-Za-z0-9._-]{1,64}$/;

export const isNetnsName = (name: string): boolean => NETNS_NAME.test(name);

/** The same program in a named network namespace; null for our own. Not `ip netns exec`, which mounts another /sys. */
export function inNetns(netns: string | null, argv: string[]): string[] {
  if (netns === null) return argv;
  if (!isNetnsName(netns)) throw new Error(`${JSON.stringify(netns)} is no name of a network namespace`);
  return ['nsenter', `--net=/run/netns/${netns}`, '--', ...argv];
}

/**
 * The same program, gathering its work: the scheduler lets it finish what runs before it wakes it, so it reads a second's
 * events in some tens of turns instead of a thousand. Its share of the processor stays the same. Where that cannot be had
 * (no chrt of util-linux, or a host that forbids it), it runs as it is.
 */
export const gathering = (argv: string[]): string[] => ['sh', '-c', GATHER, 'sh', ...argv];

const GATHER = 'chrt --batch --pid 0 $$ >/dev/null 2>&1; exec "$@"';
