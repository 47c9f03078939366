import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endMarked, markOf, type ProcessMark } from '../../host/process-mark.js';
import { removeProcessGroups } from '../netns/process-group.js';
import { run } from './commands.js';

/** Where labs live. Short, because a socket's path may have 107 characters. */
export const LABS = '/var/lib/stowaway/labs';

interface Entry {
  id: string;
  /** Of the process that opened the lab; while it lives the lab is in use. */
  owner: ProcessMark;
  /** In the order in which they were started. */
  processes: ProcessMark[];
  namespaces: string[];
}

/** What a lab has made, written down before it is made, so that a crash leaves nothing that cannot be found. */
export class LabLedger {
  readonly folder: string;
  readonly #file: string;
  #entry: Entry;
  #written: Promise<void> = Promise.resolve();

  private constructor(entry: Entry) {
    this.#entry = entry;
    this.folder = join(LABS, entry.id);
    this.#file = `${this.folder}.json`;
  }

  static async open(id: string, owner: ProcessMark): Promise<LabLedger> {
    const ledger = new LabLedger({ id, owner, processes: [], namespaces: [] });
    await mkdir(LABS, { recursive: true, mode: 0o700 });
    await ledger.#write();
    await mkdir(ledger.folder, { mode: 0o700 });
    return ledger;
  }

  /** Every lab that left a trace. One that is removed meanwhile has none. */
  static async all(): Promise<LabLedger[]> {
    const names = await readdir(LABS).catch(() => []);
    const files = names.filter((name) => name.endsWith('.json'));
    const texts = files.map((name) => readFile(join(LABS, name), 'utf8').catch(emptyWhenGone));
    const present = (await Promise.all(texts)).filter((text) => text !== '');
    return present.map((text) => new LabLedger(JSON.parse(text) as Entry));
  }

  get id(): string {
    return this.#entry.id;
  }

  get owner(): ProcessMark {
    return this.#entry.owner;
  }

  async addNamespace(name: string): Promise<void> {
    this.#entry.namespaces.push(name);
    await this.#write();
  }

  async addProcess(mark: ProcessMark): Promise<void> {
    this.#entry.processes.push(mark);
    await this.#write();
  }

  /** Removes everything: processes in reverse order, mounts, namespaces, files. Safe to repeat. */
  async remove(): Promise<void> {
    for (const mark of [...this.#entry.processes].reverse()) await endMarked(mark);
    await this.#endShims();
    await removeProcessGroups(this.id);
    await this.#unmount();
    for (const name of this.#entry.namespaces)
      await run('ip', ['netns', 'delete', name]).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.#file, { force: true });
  }

  /** A container's shim outlives its engine. Ours name this lab's folder among their arguments. */
  async #endShims(): Promise<void> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    for (const pid of pids) {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      const isOurs =
        words[0]?.includes('containerd') && words.some((word) => word.startsWith(`${this.folder}/`));
      const mark = isOurs ? markOf(Number(pid)) : null;
      if (mark) await endMarked(mark, 2_000);
    }
  }

  async #unmount(): Promise<void> {
    const mounts = await readFile('/proc/self/mounts', 'utf8');
    const ours = mounts
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((path) => path.startsWith(`${this.folder}/`));
    for (const path of ours.reverse()) await run('umount', ['-l', path]).catch(() => undefined);
  }

  /** One after another, each replacing the file whole. */
  #write(): Promise<void> {
    this.#written = this.#written.then(async () => {
      await writeFile(`${this.#file}.new`, JSON.stringify(this.#entry), { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
    });
    return this.#written;
  }
}

function emptyWhenGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
