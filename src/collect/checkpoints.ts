import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../host/state-file.js';
import type { HeaderState } from './headers.js';

/** Bytes of a file by which it is known again. */
export interface Mark {
  /** How many, at most MARK_BYTES. */
  bytes: number;
  hash: string;
}

/** Most bytes a mark covers. */
export const MARK_BYTES = 1024;

export const markOfBytes = (bytes: Buffer): Mark => ({
  bytes: bytes.length,
  hash: createHash('sha1').update(bytes).digest('hex'),
});

/** How far a file was read. Everything before `offset` is in the journal. */
export interface Checkpoint {
  /** Device and inode. */
  key: string;
  /** The path it was first found under: what its lines are said to come from, also once it was renamed. */
  name: string;
  offset: number;
  /** Its first bytes, and those before the offset: a file that has others there is another. */
  head: Mark;
  last: Mark;
  headers: HeaderState;
  /** The rest of a line that is too long to be read lies behind the offset. */
  isSkipping: boolean;
  /** A compressed file that needs no second look. */
  isCompressed: boolean;
  /** ISO 8601 UTC of when it was last found. */
  seen: string;
}

const mark = z.object({ bytes: z.number(), hash: z.string() });
const file = z.object({
  version: z.literal(1),
  files: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      offset: z.number(),
      head: mark,
      last: mark,
      headers: z.object({ header: z.string(), clock: z.string(), isOpen: z.boolean() }),
      isSkipping: z.boolean(),
      isCompressed: z.boolean(),
      seen: z.string(),
    }),
  ),
});

/** A file that was not found for so long is forgotten: its compressed copy is gone by then. */
const KEEP_MS = 30 * 86_400_000;

/** Former contents that are remembered. */
const MOST_RETIRED = 1000;

/** The checkpoints of all tailed files, in one file that is replaced as a whole. */
export class Checkpoints {
  readonly #byKey = new Map<string, Checkpoint>();
  readonly #owners = new Map<string, object>();
  #saving: Promise<void> = Promise.resolve();
  readonly #opened = Date.now();
  #retired = 0;

  private constructor(readonly path: string) {}

  /** @throws Error when the file is there and cannot be understood: beginning anew without a word would read everything again */
  static async open(path: string): Promise<Checkpoints> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const checkpoints = new Checkpoints(path);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return checkpoints;
      throw error;
    }
    try {
      for (const one of file.parse(JSON.parse(text)).files) checkpoints.#byKey.set(one.key, one);
    } catch (cause) {
      throw new Error(
        `${path} is damaged; remove it to have every tailed file read again from its beginning`,
        {
          cause,
        },
      );
    }
    return checkpoints;
  }

  get(key: string): Checkpoint | undefined {
    return this.#byKey.get(key);
  }

  all(): Iterable<Checkpoint> {
    return this.#byKey.values();
  }

  set(checkpoint: Checkpoint): void {
    this.#byKey.set(checkpoint.key, checkpoint);
  }

  /** The file holds something else by now; what it held may turn up again as a copy. */
  retire(key: string): void {
    const known = this.#byKey.get(key);
    if (!known || known.offset === 0) return;
    this.#byKey.delete(key);
    this.#retired += 1;
    const name = `was ${key} ${this.#opened} ${this.#retired}`;
    this.#byKey.set(name, { ...known, key: name });
    const former = [...this.#byKey.keys()].filter((one) => one.startsWith('was '));
    for (const one of former.slice(0, -MOST_RETIRED)) this.#byKey.delete(one);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
    this.#owners.delete(key);
  }

  /** Two tails may find one file: the first reads it. */
  claim(key: string, owner: object): boolean {
    const known = this.#owners.get(key) ?? owner;
    this.#owners.set(key, known);
    return known === owner;
  }

  release(key: string): void {
    this.#owners.delete(key);
  }

  /** Returns once what is set lies on disk. */
  save(): Promise<void> {
    const done = this.#saving.then(() => this.#write());
    this.#saving = done.catch(() => undefined);
    return done;
  }

  async #write(): Promise<void> {
    this.#forgetOld();
    await writeWhole(this.path, JSON.stringify({ version: 1, files: [...this.#byKey.values()] }));
  }

  /** Not before every tail has had time to say which files are there. */
  #forgetOld(): void {
    if (Date.now() - this.#opened < 3_600_000) return;
    for (const { key, seen } of this.#byKey.values())
      if (Date.now() - Date.parse(seen) > KEEP_MS) this.forget(key);
  }
}
