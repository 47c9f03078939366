import type { Tuning } from '../live/tuning.js';
import type { Explorations } from '../model/explore.js';
import type { Findings, Investigations, LiveStatus } from '../model/live.js';
import type { Allowances } from '../model/live-allowances.js';
import type { Outbox } from '../notify/outbox.js';

/** What can be asked of who judges. */
export interface Answers {
  findings: Findings;
  /** Of what is told. */
  outbox: Pick<Outbox, 'status' | 'failed' | 'retry'>;
  investigations: Investigations;
  explorations: Explorations;
  allowances: Allowances;
  tuning: Pick<Tuning, 'parameters' | 'backtest'>;
}

/** Something that is done again and again. */
export interface Round {
  everySeconds: number;
  /** Fails never, and returns whether more waits: then the next one comes at once. */
  run(): Promise<boolean>;
}

/** What a server does with what its journal holds, and what it knows of findings. */
export interface Work {
  answers: Answers;
  status(): LiveStatus;
  /** Run side by side until the end. */
  rounds: Round[];
  /** Runs something while no round does that changes tables. */
  between<T>(work: () => Promise<T>): Promise<T>;
  /** Once no round runs any more: what was acknowledged until the end is loaded and judged. `sent` settles when what is due was told. */
  finish(): Promise<{ sent: Promise<void> }>;
  /** Why there are no answers about findings here; null while there are. */
  away(): string | null;
  /** Why no logs are taken here; null where they are. */
  takesNoLogs: string | null;
}

/** Ticks at the end at most; what still waits then is loaded at the next start. */
const LAST_TICKS = 20;

export async function lastTicks(tick: () => Promise<boolean>): Promise<void> {
  for (let ticks = 0; (await tick()) && ticks < LAST_TICKS; ) ticks += 1;
}
