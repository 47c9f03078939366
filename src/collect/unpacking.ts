import type { Compression } from '../ingest/open-plain.js';
import type { HeaderFinder } from '../ingest/table.js';
import type { Checkpoints } from './checkpoints.js';
import { linesBeyond } from './compressed.js';
import type { Found } from './found-files.js';
import type { Intake } from './intake.js';
import { kinOf } from './kin.js';
import { TailedFile } from './tailed-file.js';

export interface UnpackingOptions {
  source: string | null;
  checkpoints: Checkpoints;
  finder: HeaderFinder;
}

type Packed = Found & { compression: Compression };

/** Files that are named in full. */
const MOST_TOLD = 3;

/** Compressed files: of one that was followed before it was compressed only what had not come yet is read. */
export class Unpacking {
  /** What a file looked like when it was last met: twice the same, and nobody writes it any more. */
  readonly #looks = new Map<string, string>();
  /** Files that break off, and why. */
  readonly #broken = new Map<string, string>();
  #known = 0;

  constructor(
    readonly intake: Intake,
    readonly options: UnpackingOptions,
  ) {}

  get notes(): string[] {
    const broken = [...this.#broken].map(([path, why]) => `${path} breaks off: ${why}`);
    const known = `${this.#known} compressed files had been read before they were compressed`;
    return [...broken.slice(-MOST_TOLD), ...(this.#known > 0 ? [known] : [])];
  }

  /** True once nothing more is to be done with it. */
  async meet(key: string, one: Packed, signal: AbortSignal): Promise<boolean> {
    if (await this.#wasRead(key, one)) return true;
    const looks = `${one.size} ${one.mtimeMs}`;
    const isQuiet = this.#looks.get(key) === looks;
    if (isQuiet) await this.#read(key, one, signal);
    if (isQuiet) this.#looks.delete(key);
    else this.#looks.set(key, looks);
    return isQuiet;
  }

  async #read(key: string, { path, size, compression }: Packed, signal: AbortSignal): Promise<void> {
    const { checkpoints, finder, source } = this.options;
    const file = { path, bytes: size, compression };
    const { checkpoint: kin } = await kinOf(file, compression, checkpoints.all());
    const input = kin?.name ?? path;
    try {
      for await (const { lines, header, overlong } of linesBeyond(file, kin, finder)) {
        if (lines.length > 0) await this.intake.append(lines, { input, source, header }, signal);
        this.intake.lose('lines that are too long', overlong);
      }
    } catch (error) {
      signal.throwIfAborted();
      this.intake.lose('ends of compressed files that break off', 1);
      this.#broken.set(path, (error as Error).message);
    }
    if (kin) this.#known += 1;
    const packed = new TailedFile(key, input, path, finder);
    await packed.passOver().finally(() => packed.close());
    checkpoints.set({ ...packed.checkpoint, isCompressed: true });
  }

  async #wasRead(key: string, { path, size }: Packed): Promise<boolean> {
    const known = this.options.checkpoints.get(key);
    if (!known?.isCompressed || known.offset !== size) return false;
    const packed = new TailedFile(key, known.name, path, this.options.finder);
    return packed.resume(known).finally(() => packed.close());
  }
}
