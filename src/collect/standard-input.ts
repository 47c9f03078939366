import type { Readable } from 'node:stream';
import type { HeaderFinder } from '../ingest/table.js';
import { Gathered } from './gathered.js';
import { Headers } from './headers.js';
import type { InputStatus, Intake } from './intake.js';

const INPUT = 'standard input';

/** Lines that are piped in. Where the journal is full nothing more is read, and whoever writes waits. */
export class StandardInput {
  readonly #stopping = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  constructor(
    readonly intake: Intake,
    readonly stream: Readable,
    readonly finder: HeaderFinder,
  ) {}

  start(): void {
    this.intake.state = 'running';
    this.intake.reason = '';
    this.#reading = this.#read().then(
      () => this.#end('off', 'standard input has ended'),
      (error: Error) => this.#end('failed', error.message),
    );
  }

  status(): InputStatus {
    return this.intake.status();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.stream.destroy();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const gathered = new Gathered();
    const headers = new Headers(this.finder);
    const keep = async (lines: Buffer): Promise<void> => {
      this.intake.lose('lines that are too long', gathered.takeOverlong());
      if (lines.length === 0) return;
      const origin = { input: INPUT, source: null, header: headers.current };
      await this.intake.append(lines, origin, this.#stopping.signal);
      headers.pass(lines);
    };
    for await (const chunk of this.stream as AsyncIterable<Buffer>) {
      gathered.add(chunk);
      await keep(gathered.takeWhole());
    }
    await keep(gathered.takeOpen());
  }

  #end(state: 'off' | 'failed', reason: string): void {
    const isStopped = this.#stopping.signal.aborted;
    this.intake.state = isStopped ? 'off' : state;
    this.intake.reason = isStopped ? 'stopped' : reason;
  }
}
