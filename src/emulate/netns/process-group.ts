import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { unifiedRoot } from '../../sense/cgroups.js';
import { sleep } from '../lab/commands.js';

/** Where a lab's control groups are: named by its id, so that they can be found after a crash. */
function groupsOf(labId: string): string | null {
  const root = unifiedRoot();
  return root === null ? null : join(root, labId);
}

/** The control group of one container's processes. Its name ends in the container's id, by which sensors know whose they are. */
export class ProcessGroup {
  readonly #folder: string;

  constructor(labId: string, containerId: string) {
    this.#folder = join(groupsOf(labId)!, containerId);
    mkdirSync(this.#folder, { recursive: true });
  }

  /** A descriptor through which a process joins by writing 0. */
  openDoor(): number {
    return openSync(join(this.#folder, 'cgroup.procs'), 'w');
  }

  /** The process that joined first; null before any did. */
  first(): number | null {
    const pid = Number(readFileSync(join(this.#folder, 'cgroup.procs'), 'utf8').split('\n')[0]);
    return pid > 0 ? pid : null;
  }

  /** Once its processes, which were ended, are gone. */
  remove(): Promise<void> {
    return removeEmpty(this.#folder);
  }
}

/** Ends and removes what a lab left; nothing when it made none. */
export async function removeProcessGroups(labId: string): Promise<void> {
  const folder = groupsOf(labId);
  if (folder === null || !existsSync(folder)) return;
  const kill = join(folder, 'cgroup.kill');
  // Linux 5.14 and later; without it they have died with who started them.
  if (existsSync(kill)) writeFileSync(kill, '1');
  for (const name of namesIn(folder)) await removeEmpty(join(folder, name));
  await removeEmpty(folder);
}

const namesIn = (folder: string): string[] => {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
};

/** Processes that were killed hold their group a moment longer. */
async function removeEmpty(folder: string): Promise<void> {
  for (let patience = 100; patience > 0; patience--) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
    }
    await sleep(20);
  }
}
