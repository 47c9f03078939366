import { setTimeout as sleep } from 'node:timers/promises';
import { detectCompression } from '../ingest/open-plain.js';
import type { HeaderFinder } from '../ingest/table.js';
import { describeFailure } from '../ingest/walk.js';
import type { Checkpoints } from './checkpoints.js';
import { type Found, findFiles } from './found-files.js';
import type { InputStatus, Intake } from './intake.js';
import { kinOf } from './kin.js';
import { type Piece, TailedFile } from './tailed-file.js';
import { Unpacking } from './unpacking.js';

export interface TailOptions {
  /** A file, a folder with all below it, or a pattern. */
  path: string;
  /** Id of the source its lines are said to be of; null: told by their content. */
  source: string | null;
  checkpoints: Checkpoints;
  finder: HeaderFinder;
  /** Files that are removed once all of them is in the journal. Default: none. */
  isSpent?: (path: string) => boolean;
  /** What lines of a file are said to come from that is first found under this path. Default: the path. */
  nameOf?: (path: string) => string;
  pollMs?: number;
  /** How long a file without a name of ours is watched after its last line: whoever writes it may not know yet that it was rotated. */
  lingerMs?: number;
}

/** Time between two looks, in milliseconds: longer where looking takes its time. */
const POLL = 500;
const LONGEST_POLL = 1000;
const LINGER = 30_000;
/** A copy that does not grow for so long is none. */
const COPYING = 5_000;
/** Pieces read of one file before the others have their turn. */
const PIECES = 16;
/** A file without change for so long is not held open. */
const ASLEEP = 3_600_000;
const SAVING = 3_600_000;
/** Troubles that are told at once. */
const MOST_TOLD = 5;
/** Looking takes at most this share of the time. */
const LOOKING = 0.2;

/** Follows files: each from its checkpoint or its beginning, through renaming, copying, truncation and compression. */
export class Tail {
  readonly #files = new Map<string, TailedFile>();
  /** Files that are not followed, with what they looked like when that was found out. */
  readonly #settled = new Map<string, string>();
  /** When a file was first found that may be a copy under way. */
  readonly #copies = new Map<string, number>();
  /** Which file the last lines of a name came from. */
  readonly #lastOf = new Map<string, string>();
  readonly #stopping = new AbortController();
  readonly #notText = new Set<string>();
  readonly #unpacking: Unpacking;
  /** Files that could not be read in the last round, and why checkpoints could not be written. */
  #troubles: string[] = [];
  #unsaved = '';
  #lookedMs = 0;
  #isDirty = false;
  #savedMs = Date.now();
  #looping: Promise<void> = Promise.resolve();

  constructor(
    readonly intake: Intake,
    readonly options: TailOptions,
  ) {
    this.#unpacking = new Unpacking(intake, options);
  }

  start(): void {
    this.#looping = this.#loop();
  }

  status(): InputStatus {
    return this.intake.status();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looping;
    for (const file of this.#files.values()) await file.close();
    this.intake.state = 'off';
    this.intake.reason = 'stopped';
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let hasMore = false;
      try {
        hasMore = await this.#round();
      } catch (error) {
        if (!signal.aborted) this.#fail(error as Error);
      }
      const pause = Math.max(this.options.pollMs ?? POLL, Math.min(this.#lookedMs / LOOKING, LONGEST_POLL));
      await sleep(hasMore ? 0 : pause, undefined, { signal }).catch(() => undefined);
    }
    if (this.#isDirty) await this.options.checkpoints.save().catch(() => undefined);
  }

  /** A look at everything; true when some file holds more than was read in its turn. */
  async #round(): Promise<boolean> {
    this.#troubles = [];
    this.#unsaved = '';
    const began = performance.now();
    const { found, problems } = await findFiles(this.options.path);
    this.#lookedMs = performance.now() - began;
    for (const [key, one] of found) await this.#tried(one.path, () => this.#meet(key, one, found));
    let hasMore = false;
    for (const [key, file] of this.#files) {
      const here = found.get(key);
      const work = here ? () => this.#follow(file, here) : () => this.#leave(file);
      hasMore = (await this.#tried(file.path, work)) || hasMore;
    }
    await this.#save();
    if (this.options.isSpent) await this.#removeSpent(found);
    this.#tell(problems, found.size);
    return hasMore;
  }

  async #tried(path: string, work: () => Promise<boolean | undefined>): Promise<boolean> {
    try {
      return (await work()) ?? false;
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      const { what, advice } = describeFailure(error);
      this.#troubles.push(`${path}: ${what}; ${advice}`);
      return false;
    }
  }

  /** Finds out what a file is that was not met before. One without content is nothing yet: it may become a compressed one. */
  async #meet(key: string, one: Found, all: Map<string, Found>): Promise<undefined> {
    const known = this.#files.get(key);
    if (known) known.path = one.path;
    const looks = `${one.size} ${one.mtimeMs}`;
    if (known || one.size === 0 || this.#settled.get(key) === looks) return;
    const { checkpoints } = this.options;
    if (!checkpoints.claim(key, this)) return;
    const compression = await detectCompression({ path: one.path, bytes: one.size });
    if (compression === 'none') return this.#begin(key, one, all);
    let isSettled = true;
    if (compression === 'gzip' || compression === 'zstd' || compression === 'xz')
      isSettled = await this.#unpacking.meet(key, { ...one, compression }, this.#stopping.signal);
    else this.#notText.add(one.path);
    if (isSettled) this.#settled.set(key, looks);
    this.#isDirty = true;
  }

  async #begin(key: string, one: Found, all: Map<string, Found>): Promise<undefined> {
    const { checkpoints, finder } = this.options;
    const name = this.options.nameOf?.(one.path) ?? one.path;
    const known = checkpoints.get(key);
    const own = known?.isCompressed ? undefined : known;
    let file = new TailedFile(key, own?.name ?? name, one.path, finder);
    if (!own || !(await file.resume(own))) {
      const kin = await kinOf({ path: one.path, bytes: one.size }, 'none', checkpoints.all());
      await file.close();
      if (kin.isGrowing && this.#mayGrow(key)) return;
      if (own) checkpoints.retire(key);
      const { checkpoint } = kin;
      const original = checkpoint && all.get(checkpoint.key);
      const isStill = original && checkpoint && original.size >= checkpoint.offset;
      file = new TailedFile(key, checkpoint && !isStill ? checkpoint.name : name, one.path, finder);
      if (checkpoint) await file.resume(checkpoint);
    }
    this.#copies.delete(key);
    this.#files.set(key, file);
    checkpoints.set(file.checkpoint);
    this.#isDirty = true;
  }

  #mayGrow(key: string): boolean {
    const since = this.#copies.get(key) ?? performance.now();
    this.#copies.set(key, since);
    return performance.now() - since < Math.min(COPYING, this.options.lingerMs ?? COPYING);
  }

  async #follow(file: TailedFile, { size, mtimeMs }: Found): Promise<boolean> {
    if (file.isAsleep(size, mtimeMs)) return false;
    const hasMore = await this.#read(file);
    if (!hasMore && Date.now() - mtimeMs > ASLEEP) await file.close();
    return hasMore;
  }

  async #read(file: TailedFile): Promise<boolean> {
    for (let count = 0; count < PIECES; count += 1) {
      const piece = await file.next();
      if (piece === null) return false;
      if (piece !== 'changed') {
        await this.#keep(file, piece);
        continue;
      }
      this.intake.lose('bytes cut off before their line was complete', file.size - file.offset);
      this.options.checkpoints.retire(file.key);
      file.restart();
      this.#note(file);
    }
    return true;
  }

  async #keep(file: TailedFile, piece: Piece): Promise<void> {
    if (piece.lines.length > 0) {
      const header = file.headers.current;
      // Under one name another file's lines came last: its header holds no longer.
      const follows = (this.#lastOf.get(file.name) ?? file.key) === file.key;
      const lines = follows ? piece.lines : Buffer.concat([header, piece.lines]);
      const origin = { input: file.name, source: this.options.source, ...(follows && { header }) };
      await this.intake.append(lines, origin, this.#stopping.signal);
      this.#lastOf.set(file.name, file.key);
    }
    if (piece.beginsOverlong) this.intake.lose('lines that are too long', 1);
    file.advance(piece);
    this.#note(file);
  }

  #note(file: TailedFile): void {
    this.options.checkpoints.set(file.checkpoint);
    this.#isDirty = true;
  }

  /** A file that is no longer found under the path, renamed or removed, is read to its end as long as it is held open. */
  async #leave(file: TailedFile): Promise<boolean> {
    try {
      if (await this.#read(file)) return true;
      if ((await file.quietMs()) < (this.options.lingerMs ?? LINGER)) return false;
      const rest = await file.rest();
      if (rest) await this.#keep(file, rest);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      if (
        (error as NodeJS.ErrnoException).code !== 'ENOENT' &&
        !/another file/.test((error as Error).message)
      )
        throw error;
    }
    await this.#drop(file);
    return false;
  }

  async #drop(file: TailedFile): Promise<void> {
    await file.close();
    this.#files.delete(file.key);
    if (![...this.#files.values()].some(({ name }) => name === file.name)) this.#lastOf.delete(file.name);
    this.options.checkpoints.release(file.key);
  }

  async #save(): Promise<void> {
    const isTime = Date.now() - this.#savedMs > SAVING;
    if (isTime) for (const file of this.#files.values()) this.options.checkpoints.set(file.checkpoint);
    if (!this.#isDirty && !isTime) return;
    this.#isDirty = false;
    this.#savedMs = Date.now();
    await this.options.checkpoints.save().catch((error: Error) => {
      this.#isDirty = true;
      this.#unsaved = `checkpoints cannot be written: ${error.message}`;
    });
  }

  async #removeSpent(found: Map<string, Found>): Promise<void> {
    if (this.#isDirty) return;
    for (const [key, { path }] of found) {
      const file = this.#files.get(key);
      if (!file || !this.options.isSpent?.(path) || (await file.next()) !== null) continue;
      if (file.offset < file.size) continue;
      await file.remove();
      await this.#drop(file);
      this.options.checkpoints.forget(key);
    }
  }

  #tell(problems: string[], found: number): void {
    const { intake } = this;
    const unread = [...problems, ...this.#troubles].slice(0, MOST_TOLD);
    const notes = [
      ...unread,
      ...(this.#unsaved === '' ? [] : [this.#unsaved]),
      ...this.#unpacking.notes,
      ...(this.#notText.size > 0
        ? [`${this.#notText.size} files are no text and not read, such as ${[...this.#notText][0]}`]
        : []),
    ];
    const isBarred = this.#files.size === 0 && this.#troubles.length > 0;
    intake.state = found > 0 && !isBarred ? 'running' : 'waiting';
    intake.reason = notes.join('; ');
    intake.missed = unread.join('; ');
  }

  #fail(error: Error): void {
    this.intake.state = 'failed';
    this.intake.reason = error.message;
  }
}
