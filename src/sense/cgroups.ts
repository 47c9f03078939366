import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The walk over all cgroups is not repeated more often, in milliseconds. */
const WALK_INTERVAL = 1000;
/** Cgroups remembered; beyond it the oldest is forgotten and found again by walking. */
const MOST = 20_000;

const ROOT = '1';

/** A container's id in a cgroup's path: the last 64 hexadecimal digits, as docker/<id>, docker-<id>.scope, libpod-<id>. */
export function containerOfPath(path: string): string {
  return /^(?:.*[^0-9a-f])?([0-9a-f]{64})(?:[^0-9a-f].*)?$/s.exec(path)?.[1] ?? '';
}

/** Which container a cgroup belongs to. Cgroups are told as they are made, so that one that lives a moment is known as well. */
export class Cgroups {
  readonly #containers = new Map<string, string>();
  #lastWalk = 0;

  constructor(readonly root = unifiedRoot()) {
    this.#walk();
  }

  /** A cgroup that was just made. A path that was cut may lack its container: it is looked up when it is needed. */
  note(id: string, path: string, isCut: boolean): void {
    if (!isCut || containerOfPath(path) !== '') this.#remember(id, containerOfPath(path));
  }

  /** The container's id, or '' where the cgroup is none of a container's. `pid` is asked when the cgroup is unknown. */
  containerOf(id: string, pid: number): string {
    // The root: a container's cgroups are of version 1 only, and its processes must be asked while they live.
    if (id === ROOT || this.root === null) return containerOfProcess(pid) ?? '';
    const known = this.#containers.get(id);
    if (known !== undefined) return known;
    if (Date.now() - this.#lastWalk > WALK_INTERVAL) this.#walk();
    const container = this.#containers.get(id) ?? containerOfProcess(pid) ?? '';
    // A process that is gone may have been a container's: nothing is remembered of what was not found.
    if (container !== '') this.#remember(id, container);
    return container;
  }

  #remember(id: string, container: string): void {
    this.#containers.delete(id);
    this.#containers.set(id, container);
    if (this.#containers.size > MOST) this.#containers.delete(this.#containers.keys().next().value!);
  }

  #walk(): void {
    this.#lastWalk = Date.now();
    const visit = (folder: string): void => {
      try {
        this.#remember(statSync(folder, { bigint: true }).ino.toString(), containerOfPath(folder));
        for (const entry of readdirSync(folder, { withFileTypes: true }))
          if (entry.isDirectory()) visit(join(folder, entry.name));
      } catch {
        // A cgroup that has just gone.
      }
    };
    if (this.root !== null) visit(this.root);
  }
}

/** The container of a running process; '' for none, null when the process is gone. */
export function containerOfProcess(pid: number): string | null {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
    return lines.map(containerOfPath).find((container) => container !== '') ?? '';
  } catch {
    return null;
  }
}

/** What engines start containers' processes with. */
const HELPER = /(^|\/)(containerd-shim[\w.-]*|docker-runc|runc|crun|conmon)$/;

/** The container that an engine's helper serves, by its arguments; '' for none. */
export function containerOfHelper(pid: number): string {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return HELPER.test(argv[0]!) ? (argv.find((word) => /^[0-9a-f]{64}$/.test(word)) ?? '') : '';
  } catch {
    return '';
  }
}

/** Where the one tree of cgroups version 2 is mounted, or null. */
export function unifiedRoot(): string | null {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    return mounts.find((line) => line.split(' ')[2] === 'cgroup2')?.split(' ')[1] ?? null;
  } catch {
    return null;
  }
}
