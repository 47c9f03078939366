import type { Config } from '../model/config.js';
import { type Applied, applyPlan } from './apply.js';
import { approvePlan, findResponse, isFullHash, NOT_FULL, revertPlan } from './approve.js';
import type { RespondFinding } from './finding.js';
import { isInForce } from './in-force.js';
import { LockedError } from './lock.js';
import { type ActionOptions, optionsFor } from './options.js';
import type { Action } from './plan.js';
import { propose } from './propose.js';
import { type Recovery, recover } from './recover.js';
import { type Response, responsesOf, statusOf } from './responses.js';
import { RefusedError, type Surroundings } from './surroundings.js';

/** Nothing; plan and approve; or all of it. */
export type ResponseMode = Config['serve']['responses'];

/** What is asked of a plan; what is not said, configuration and playbook say. */
export interface PlanWish {
  action: Action | null;
  network: string | null;
  expiresSeconds: number | null;
  commitImage: boolean;
}

export interface ResponderOptions {
  mode: ResponseMode;
  open: () => Promise<Surroundings>;
  /** Whether there is a ledger: a server on which nobody responds makes no folder for it. */
  hasLedger: () => Promise<boolean>;
}

const LOOK_EACH_MS = 1000;
/** However many ask whether a containment is in force, the engine is asked this often. */
const IN_FORCE_MS = 2000;
/** After something could not be undone. */
const AGAIN_MS = 15_000;

/**
 * Responses in a process that stays: the same ledger, lock and functions as the command line's, so that each sees what the other
 * does. What expires is reverted once, by whichever of them holds the lock then.
 */
export class Responder {
  readonly mode: ResponseMode;
  readonly #options: ResponderOptions;
  readonly #running = new Set<Promise<unknown>>();
  #world: Promise<Surroundings> | null = null;
  #read: { stamp: string; responses: Response[] } = { stamp: '', responses: [] };
  #following: NodeJS.Timeout | null = null;
  #isClosed = false;
  readonly #listeners = new Set<() => void>();
  readonly #inForce = new Map<string, { at: number; answer: Promise<boolean | null> }>();

  constructor(options: ResponderOptions) {
    this.#options = options;
    this.mode = options.mode;
  }

  /** Oldest first. */
  async all(): Promise<Response[]> {
    if (!(await this.#hasWorld())) return [];
    const { ledger } = await this.#open();
    const stamp = await ledger.stamp();
    if (stamp !== this.#read.stamp) this.#read = { stamp, responses: responsesOf(await ledger.read()) };
    return this.#read.responses;
  }

  /** @throws RefusedError when there is none of that hash */
  async find(hash: string): Promise<Response> {
    if (!isFullHash(hash)) throw new RefusedError([NOT_FULL]);
    return findResponse(await this.all(), hash);
  }

  async isInForce(response: Response): Promise<boolean | null> {
    if (response.contained_at === null || response.closed) return null;
    const asked = this.#inForce.get(response.hash);
    if (asked && Date.now() - asked.at < IN_FORCE_MS) return asked.answer;
    const answer = isInForce(response, await this.#open());
    this.#inForce.set(response.hash, { at: Date.now(), answer });
    return answer;
  }

  /** Whenever the ledger has grown, whoever wrote into it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async options(finding: RespondFinding): Promise<ActionOptions> {
    const world = await this.#open();
    return optionsFor({ finding, ...placeIn(world) }, world);
  }

  /** @returns the plan's hash */
  async plan(finding: RespondFinding, findings: RespondFinding[], wish: PlanWish): Promise<string> {
    this.#require('plan');
    const world = await this.#open();
    return (await propose({ finding, findings, ...wish, ...placeIn(world) }, world)).hash;
  }

  async approve(
    hash: string,
    approval: { by: string; reason: string; segment: string | null },
  ): Promise<void> {
    this.#require('plan');
    await approvePlan(hash, approval, await this.#open());
  }

  async apply(hash: string): Promise<Applied> {
    this.#require('apply');
    return this.#noted(applyPlan(hash, await this.#open()));
  }

  /** @returns what could not be undone, in words; then it is tried again by itself */
  async revert(hash: string, why: string): Promise<string[]> {
    this.#require('apply');
    if (!isFullHash(hash)) throw new RefusedError([NOT_FULL]);
    return this.#noted(revertPlan(hash, why, await this.#open()));
  }

  /** Follows the ledger, whoever writes into it, and reverts what expires. */
  follow(onRecovery: (recovery: Recovery) => void): void {
    let stamp = '';
    const look = async (): Promise<number> => {
      const recovery = await this.#recover();
      if (recovery) onRecovery(recovery);
      await this.all();
      if (stamp !== this.#read.stamp) for (const listener of this.#listeners) listener();
      stamp = this.#read.stamp;
      return recovery && recovery.problems.length > 0 ? AGAIN_MS : LOOK_EACH_MS;
    };
    const next = (afterMs: number): void => {
      if (this.#isClosed) return;
      this.#following = setTimeout(() => {
        this.#noted(look()).then(next, (error: Error) => {
          onRecovery({ did: [], problems: [error.message] });
          next(AGAIN_MS);
        });
      }, afterMs);
    };
    next(0);
  }

  /** Waits for what is under way: a containment is complete and in the ledger, or undone, when this returns. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#following) clearTimeout(this.#following);
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }

  /** Null when there is nothing to do, or another process does it. */
  async #recover(): Promise<Recovery | null> {
    const responses = await this.all();
    if (responses.length === 0) return null;
    const world = await this.#open();
    if (!responses.some((each) => isDue(each, world.now()))) return null;
    try {
      return await world.ledger.exclusively(() => recover(world), 0);
    } catch (error) {
      if (error instanceof LockedError) return null;
      throw error;
    }
  }

  #require(needed: 'plan' | 'apply'): void {
    if (this.mode === 'apply' || this.mode === needed) return;
    throw new RefusedError([
      `serve.responses is ${this.mode}: ${needed === 'apply' ? 'carry it out with `stowaway respond` on this host' : 'nothing is planned here'}`,
    ]);
  }

  async #hasWorld(): Promise<boolean> {
    return this.#world !== null || (this.mode !== 'off' && (await this.#options.hasLedger()));
  }

  #open(): Promise<Surroundings> {
    if (this.mode === 'off') throw new RefusedError(['serve.responses is off']);
    this.#world ??= this.#options.open();
    // A folder that cannot be made now may be made later.
    this.#world.catch(() => {
      this.#world = null;
    });
    return this.#world;
  }

  async #noted<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}

const placeIn = ({ config }: Surroundings) => ({
  netns: config.netns ?? null,
  engineSocket: config.engine_socket,
});

/** Whether recovering has something to do with it. */
function isDue(response: Response, now: Date): boolean {
  const status = statusOf(response, now);
  if (status === 'contained') return now.getTime() >= Date.parse(response.expires_at!);
  return status === 'half done' || status === 'reverting';
}
