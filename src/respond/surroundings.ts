import type { Playbook } from '../ads/playbook.js';
import type { Engine } from '../engine/engine.js';
import type { Run } from '../host/run.js';
import type { RespondConfig } from '../model/config.js';
import type { Cgroup } from './change.js';
import type { Ledger } from './ledger.js';
import type { WatchFlows } from './watch-flows.js';

/** What responses use of an engine. */
export type EngineApi = Pick<Engine, 'get' | 'post' | 'delete' | 'stream' | 'version'>;

/** Everything a response touches besides its arguments; tests put their own in. */
export interface Surroundings {
  /** Opens the engine behind a socket; called anew for each plan, whose socket may be another. */
  connect: (socketPath: string) => EngineApi;
  run: Run;
  /** Names the network namespace of a process, such as `net:[4026532325]`; null when there is no such process. */
  netnsOf: (pid: number) => Promise<string | null>;
  /** The version 2 control group of a process, as nft names it; null when it has none of its own. */
  cgroupOf: (pid: number) => Promise<Cgroup | null>;
  ledger: Ledger;
  config: RespondConfig;
  /** The playbook of a strategy; null when there is no such strategy or it has none. */
  playbookOf: (strategy: string) => Promise<Playbook | null>;
  /** Full ids of the containers this process itself runs in. */
  ownContainers: string[];
  /** Keeps one file of evidence of a plan, durable when it returns. */
  keepEvidence: (hash: string, name: string, bytes: Buffer) => Promise<void>;
  watchFlows: WatchFlows;
  now: () => Date;
  sleep: (milliseconds: number) => Promise<void>;
}

/** Refused for safety: nothing was changed. */
export class RefusedError extends Error {
  override name = 'RefusedError';
  constructor(readonly reasons: string[]) {
    super(reasons.join('; '));
  }
}
