import { readFile } from 'node:fs/promises';
import type { Cgroup } from './change.js';

const MOUNT = '/sys/fs/cgroup';
/** What a path may hold that goes between quotes into a ruleset: whoever creates a container may choose the group above its own. */
const SAFE = /^[\w./:@\\-]+$/;

/**
 * The version 2 control group of a process, as nft names it: relative to /sys/fs/cgroup, where it may be mounted below,
 * beside version 1. Null when the process is in the root, as on a host that has containers in version 1 only.
 */
export const cgroupOf = async (pid: number): Promise<Cgroup | null> =>
  parseCgroup(
    await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''),
    await readFile('/proc/self/mounts', 'utf8').catch(() => ''),
  );

export function parseCgroup(cgroup: string, mounts: string): Cgroup | null {
  const own = /^0::\/(.+)$/m.exec(cgroup)?.[1];
  const points = mounts.split('\n').map((line) => line.split(' '));
  const point = points.find(
    ([, path, type]) => type === 'cgroup2' && `${path}/`.startsWith(`${MOUNT}/`),
  )?.[1];
  if (own === undefined || point === undefined || !SAFE.test(own)) return null;
  const below = point === MOUNT ? '' : `${point.slice(MOUNT.length + 1)}/`;
  return { path: `${below}${own}`, level: own.split('/').length };
}

/** The container's own group among those above a process, or null: what holds more than the container is never touched. */
export function groupOfContainer(cgroup: Cgroup | null, id: string): Cgroup | null {
  if (!cgroup) return null;
  const parts = cgroup.path.split('/');
  const at = parts.findIndex((part) => part.includes(id));
  return at === -1
    ? null
    : { path: parts.slice(0, at + 1).join('/'), level: cgroup.level - (parts.length - 1 - at) };
}
