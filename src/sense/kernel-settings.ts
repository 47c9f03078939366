import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, markOf } from '../host/process-mark.js';
import { inNetns } from '../host/programs.js';
import { tryProgram } from '../host/run.js';

/** Where settings that were changed are noted. A RAM disk: after a reboot there is nothing to put back. */
const STATE_FOLDER = '/run/stowaway';

/** What a sensor changed in the kernel, and what was there before. */
interface Changed {
  /** The process that changed it, by its id and its start time in clock ticks since boot, since ids are used again. */
  pid: number;
  started: string;
  /** Name under /run/netns, and its inode, since names are used again. */
  netns?: string;
  netnsInode?: number;
  /** By path under /proc/sys. */
  previous: Record<string, string>;
}

/** A setting that could not be read or changed. */
class KernelSettingError extends Error {
  override name = 'KernelSettingError';
}

/** Files under /proc/sys of one network namespace. */
export class KernelSettings {
  constructor(
    readonly netns: string | null,
    readonly stateFolder = STATE_FOLDER,
  ) {}

  /** The setting's value, or null where the kernel has none of that name. */
  async read(path: string): Promise<string | null> {
    const answer = await tryProgram(inNetns(this.netns, ['cat', `/proc/sys/${path}`]));
    return answer.code === 0 ? answer.stdout.trim() : null;
  }

  /**
   * Changes settings, and notes first on disk what was there, so that a crash loses nothing. Settings that already have their
   * value are not touched. Throws a KernelSettingError for the first that cannot be changed; those before it stay changed and noted.
   */
  async change(wanted: Record<string, string>): Promise<void> {
    const previous: Record<string, string> = {};
    for (const [path, value] of Object.entries(wanted)) {
      const now = await this.read(path);
      if (now === null) throw new KernelSettingError(`this kernel has no ${path.replaceAll('/', '.')}`);
      if (now !== value) previous[path] = now;
    }
    if (Object.keys(previous).length === 0) return;
    this.#note({ pid: process.pid, started: markOf(process.pid)!.startedAt, ...this.#place(), previous });
    for (const path of Object.keys(previous)) await this.#write(path, wanted[path]!);
  }

  /** Puts back what this process changed here. */
  async putBack(): Promise<void> {
    await putBackFile(join(this.stateFolder, this.#file()));
  }

  #place(): Pick<Changed, 'netns' | 'netnsInode'> {
    return this.netns === null ? {} : { netns: this.netns, netnsInode: inodeOf(this.netns)! };
  }

  #file(): string {
    return `sense-${process.pid}-${this.netns ?? 'host'}.json`;
  }

  /** Whole or not at all. */
  #note(changed: Changed): void {
    mkdirSync(this.stateFolder, { recursive: true, mode: 0o700 });
    const path = join(this.stateFolder, this.#file());
    writeFileSync(`${path}.new`, JSON.stringify(changed), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  async #write(path: string, value: string): Promise<void> {
    const answer = await tryProgram(inNetns(this.netns, ['tee', `/proc/sys/${path}`]), { stdin: value });
    if (answer.code !== 0)
      throw new KernelSettingError(`${path.replaceAll('/', '.')} cannot be set: ${answer.stderr.trim()}`);
  }
}

/** Puts back what sensors changed that no longer run. Returns what was put back, as "net.x = 0 (netns NAME)". */
export async function restoreAbandoned(stateFolder = STATE_FOLDER): Promise<string[]> {
  let names: string[];
  try {
    names = readdirSync(stateFolder).filter((name) => /^sense-.*\.json$/.test(name));
  } catch {
    return [];
  }
  const restored: string[] = [];
  for (const name of names) {
    const path = join(stateFolder, name);
    const changed = readNote(path);
    if (changed && isAlive({ pid: changed.pid, startedAt: changed.started })) continue;
    restored.push(...(await putBackFile(path)));
  }
  return restored;
}

async function putBackFile(path: string): Promise<string[]> {
  const changed = readNote(path);
  if (changed === null) {
    rmSync(path, { force: true });
    return [];
  }
  const restored: string[] = [];
  const isThere = changed.netns === undefined || inodeOf(changed.netns) === changed.netnsInode;
  for (const [setting, value] of isThere ? Object.entries(changed.previous) : []) {
    const answer = await tryProgram(inNetns(changed.netns ?? null, ['tee', `/proc/sys/${setting}`]), {
      stdin: value,
    });
    const place = changed.netns === undefined ? '' : ` (netns ${changed.netns})`;
    if (answer.code === 0) restored.push(`${setting.replaceAll('/', '.')} = ${value}${place}`);
  }
  rmSync(path, { force: true });
  return restored;
}

function readNote(path: string): Changed | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Changed;
  } catch {
    return null;
  }
}

function inodeOf(netns: string): number | null {
  try {
    return statSync(`/run/netns/${netns}`).ino;
  } catch {
    return null;
  }
}
