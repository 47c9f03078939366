import { chmod, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Journal, JournalFull, type Segment } from '../model/live.js';
import { lockFolder } from './folder-lock.js';
import { recoverSegments } from './recover-segments.js';
import { SegmentFile } from './segment-file.js';

export interface JournalOptions {
  /** Most bytes that may wait on disk. */
  maxBytes: number;
  now?: () => Date;
}

export interface JournalStatus extends ReturnType<Journal['status']> {
  /** Last lines that a crash had left unfinished, found and cut off when the folder was opened; none had been acknowledged. */
  torn: number;
  /** Why the disk took nothing the last time it was asked; '' once it does. */
  trouble: string;
}

export interface OpenJournal extends Journal {
  status(): JournalStatus;
  /** Writes what was offered before, and gives the folder back. */
  close(): Promise<void>;
}

/** A segment that has this much takes no more. */
const SEGMENT_BYTES = 32 * 1024 * 1024;
/** Most bytes that wait in memory for the sync under way. */
const MOST_OFFERED_BYTES = 64 * 1024 * 1024;
/** Most segments that are open at once. */
const MOST_OPEN = 512;
const RETRY_SECONDS = 5;
const BUSY_SECONDS = 1;
const NEWLINE = Buffer.from('\n');

/**
 * Opens the journal in a folder, which is made when it is missing and is this process's alone from then on.
 *
 * @throws FolderInUseError when another process has it open
 */
export async function openJournal(
  folder: string,
  { maxBytes, now = () => new Date() }: JournalOptions,
): Promise<OpenJournal> {
  const release = await lockFolder(folder);
  try {
    await chmod(folder, 0o700);
    const { files, torn, lastNumber } = await recoverSegments(folder);
    return new SegmentedJournal({ folder: resolve(folder), maxBytes, now, release, files, torn, lastNumber });
  } catch (error) {
    await release();
    throw error;
  }
}

interface Offer {
  input: string;
  source: string | null;
  header: Buffer;
  /** Ends in a newline. */
  lines: Buffer;
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface Setting {
  folder: string;
  maxBytes: number;
  now: () => Date;
  release: () => Promise<void>;
  files: SegmentFile[];
  torn: number;
  lastNumber: number;
}

/**
 * Appends gather while a sync is under way and share the next one. Everything that touches files is done one after the other (`#alone`),
 * so that no segment is taken while it is written.
 */
class SegmentedJournal implements OpenJournal {
  readonly #setting: Setting;
  /** Oldest first. */
  #files: SegmentFile[];
  readonly #open = new Map<string, SegmentFile>();
  #offered: Offer[] = [];
  #offeredBytes = 0;
  #isCommitting = false;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();
  #lastNumber: number;
  #bytes: number;
  #refused = 0;
  #trouble = '';

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#files = setting.files;
    this.#lastNumber = setting.lastNumber;
    this.#bytes = setting.files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async append(
    input: string,
    lines: Buffer,
    source: string | null = null,
    header: Buffer = Buffer.alloc(0),
  ): Promise<void> {
    if (this.#isClosed) throw new Error('the journal is closed');
    if (lines.length === 0) return;
    const whole = lines.at(-1) === NEWLINE[0] ? lines : Buffer.concat([lines, NEWLINE]);
    this.#refuseTooMuch(whole.length + header.length);
    await new Promise<void>((resolve, reject) => {
      this.#offered.push({ input, source, header, lines: whole, resolve, reject });
      this.#offeredBytes += whole.length;
      if (!this.#isCommitting) void this.#commitAll();
    });
  }

  take(): Promise<Segment[]> {
    return this.#alone(async () => {
      await this.#sealAll();
      const settled: Segment[] = [];
      for (const file of this.#files) if (await file.isSettled()) settled.push(file.asSegment());
      return settled;
    });
  }

  remove(segment: Segment): Promise<void> {
    return this.#alone(async () => {
      const file = this.#files.find(({ path }) => path === segment.path);
      if (!file) return;
      if (file.isOpen) throw new Error(`${segment.path} was not taken`);
      await file.remove();
      this.#bytes -= file.bytes;
      this.#files = this.#files.filter((other) => other !== file);
    });
  }

  status(): JournalStatus {
    const { maxBytes, torn } = this.#setting;
    return {
      segments: this.#files.length,
      bytes: this.#bytes,
      maxBytes,
      refused: this.#refused,
      torn,
      trouble: this.#trouble,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What was offered is committed in a turn asked for before this one, or by the loop that goes on.
    while (this.#isCommitting) await this.#alone(async () => {});
    await this.#alone(() => this.#sealAll());
    await this.#setting.release();
  }

  /** One append is taken whatever its size while nothing waits, so that none is too large for ever. */
  #refuseTooMuch(bytes: number): void {
    const waiting = this.#bytes + this.#offeredBytes;
    const isFull = waiting > 0 && waiting + bytes > this.#setting.maxBytes;
    const isBusy = this.#offeredBytes > 0 && this.#offeredBytes + bytes > MOST_OFFERED_BYTES;
    if (!isFull && !isBusy) return;
    this.#refused += 1;
    throw new JournalFull(isFull ? RETRY_SECONDS : BUSY_SECONDS);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    while (this.#offered.length > 0) {
      await this.#alone(async () => {
        const offers = this.#offered;
        const bytes = this.#offeredBytes;
        this.#offered = [];
        await this.#commit(offers);
        this.#offeredBytes -= bytes;
      });
    }
    this.#isCommitting = false;
  }

  async #commit(offers: Offer[]): Promise<void> {
    const runs = new Map<string, Offer[]>();
    for (const offer of offers) {
      const key = keyOf(offer);
      const run = runs.get(key);
      if (run) run.push(offer);
      else runs.set(key, [offer]);
    }
    const written = await Promise.all([...runs].map(([key, run]) => this.#write(key, run)));
    const done = written.filter((one) => one !== null);
    try {
      if (done.some(({ file }) => file.bytes === 0)) await syncFolder(this.#setting.folder);
    } catch (error) {
      for (const one of done) await this.#refuse(one, error);
      return;
    }
    const arrived = this.#setting.now().toISOString();
    const made = done.map(({ file }) => file).filter(({ bytes }) => bytes === 0);
    this.#files.push(...made.sort((a, b) => (a.path < b.path ? -1 : 1)));
    for (const { file, run, bytes } of done) {
      file.acknowledge(bytes, arrived);
      this.#bytes += bytes;
      for (const offer of run) offer.resolve();
    }
    if (done.length === written.length) this.#trouble = '';
    for (const key of [...this.#open.keys()].slice(0, -MOST_OPEN)) await this.#seal(key);
  }

  async #write(key: string, run: Offer[]): Promise<Written | null> {
    let file: SegmentFile | null = null;
    try {
      file = await this.#fileFor(key, run[0]!);
      const header = file.bytes === 0 ? [run[0]!.header] : [];
      const bytes = Buffer.concat([...header, ...run.map(({ lines }) => lines)]);
      await file.write(bytes);
      return { key, file, run, bytes: bytes.length };
    } catch (error) {
      await this.#refuse({ key, file, run }, error);
      return null;
    }
  }

  /** What the disk would not take is cut off again; the room it took is needed by others. */
  async #refuse(
    { key, file, run }: Omit<Written, 'bytes' | 'file'> & { file: SegmentFile | null },
    error: unknown,
  ) {
    this.#trouble = (error as Error).message;
    this.#refused += run.length;
    if (file) {
      this.#open.delete(key);
      await file.seal();
      if (file.bytes === 0) await file.remove().catch(() => undefined);
      else await file.isSettled();
    }
    for (const offer of run) offer.reject(error);
  }

  async #fileFor(key: string, { input, source }: Offer): Promise<SegmentFile> {
    const known = this.#open.get(key);
    if (known && known.bytes < SEGMENT_BYTES) return known;
    if (known) await this.#seal(key);
    const { folder, now } = this.#setting;
    // Never a number that was used, also when the folder was empty in between.
    this.#lastNumber = Math.max(this.#lastNumber + 1, now().getTime());
    const file = await SegmentFile.create(folder, this.#lastNumber, { input, source });
    this.#open.set(key, file);
    return file;
  }

  async #seal(key: string): Promise<void> {
    const file = this.#open.get(key)!;
    this.#open.delete(key);
    await file.seal();
  }

  async #sealAll(): Promise<void> {
    for (const key of [...this.#open.keys()]) await this.#seal(key);
  }
}

interface Written {
  key: string;
  file: SegmentFile;
  run: Offer[];
  /** Bytes written, less than all lines of none. */
  bytes: number;
}

const keyOf = ({ input, source }: Offer): string => JSON.stringify([input, source]);

/** A file that was made lasts once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
