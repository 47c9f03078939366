import { parseDuration } from '../model/duration.js';
import type { Notice } from '../model/live.js';
import { restMs } from './backoff.js';
import type { NamedChannel, Receipt } from './channel.js';
import { clean } from './clean.js';
import { changed, type Delivery } from './delivery.js';
import type { DeliveryTable } from './delivery-table.js';
import { messageOf, type Parcel } from './message.js';
import { pickParcel } from './pick-parcel.js';

const MINUTE_MS = 60_000;

interface LaneOptions {
  table: DeliveryTable;
  to: NamedChannel;
  /** 0..1 */
  random(): number;
  /** Runs work while nothing else reads and changes the table. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Until when the channel rests, as it was at the last stop. */
  restUntil: number;
  onGivenUp(failed: readonly Delivery[]): void;
}

/** One channel's way out: sends what is due, one parcel after the other. A failure rests the channel, and no other one. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #retryForMs: number;
  #isBusy = false;
  #failures = 0;
  #restUntil: number;
  /** At the start, and when the table did not answer: what it says is being sent may be so no more. */
  #mayBeInterrupted = true;
  /** Sent, but the table could not be told: it is told before anything else is sent. */
  #unrecorded: Delivery[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#restUntil = options.restUntil;
    this.#retryForMs = parseDuration(options.to.config.retry_for)! * 1000;
  }

  /** Milliseconds since 1970; 0 or past: it does not rest. */
  get restUntil(): number {
    return this.#restUntil;
  }

  /** Somebody wants it tried now. */
  wake(): void {
    this.#restUntil = 0;
  }

  /** Sends until nothing is due, the cap is reached or the channel fails. While one pass runs, another does nothing. */
  async pass(now: () => number): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await this.#record([]);
      if (this.#mayBeInterrupted) await this.#takeUpInterrupted(now());
      this.#mayBeInterrupted = true;
      while (now() >= this.#restUntil) {
        const taken = await this.#options.alone(() => this.#take(now()));
        if (taken === null) break;
        const receipt = await this.#send(taken.parcel);
        await this.#options.alone(() => this.#settle(taken.deliveries, receipt, now()));
      }
      this.#mayBeInterrupted = false;
    } finally {
      this.#isBusy = false;
    }
  }

  async #send(parcel: Parcel): Promise<Receipt> {
    try {
      return await this.#options.to.channel.send(parcel);
    } catch (error) {
      return { outcome: 'later', answer: clean(`the channel failed: ${String(error)}`, 300) };
    }
  }

  async #record(deliveries: readonly Delivery[]): Promise<void> {
    this.#unrecorded.push(...deliveries);
    if (this.#unrecorded.length === 0) return;
    await this.#options.table.save(this.#unrecorded);
    const failed = this.#unrecorded.filter(({ state }) => state === 'failed');
    this.#unrecorded = [];
    if (failed.length > 0) this.#options.onGivenUp(failed);
  }

  /**
   * Those that stand as being sent while nothing is sent: the process ended between sending and recording. Nobody knows whether
   * the receiver has them, unless it can be asked; they go out again as the same parcel.
   */
  async #takeUpInterrupted(now: number): Promise<void> {
    const { table, to } = this.#options;
    const interrupted = (await table.unfinished(to.config.name)).filter(({ state }) => state === 'sending');
    for (const parcel of new Set(interrupted.map((each) => each.parcel))) {
      const deliveries = interrupted.filter((each) => each.parcel === parcel);
      const isThere = (await to.channel.has?.(parcelOf(parcel, deliveries))) ?? false;
      const change: Partial<Delivery> = isThere
        ? { state: 'sent', answer: 'found at the receiver after a restart', body: '' }
        : { state: 'waiting', due_at: now };
      await this.#record(deliveries.map((each) => changed(each, change)));
    }
  }

  /** The next parcel, after the table knows that it is being sent. */
  async #take(now: number): Promise<{ parcel: Parcel; deliveries: Delivery[] } | null> {
    const { table, to } = this.#options;
    const { name, per_minute } = to.config;
    const waiting = await table.unfinished(name);
    if (waiting.length === 0) return null;
    const slots = per_minute - (await table.attemptsSince(name, now - MINUTE_MS)).length;
    const picked = pickParcel({ waiting, now, slots, canJoin: to.channel.canJoin });
    if (picked === null) return null;
    const parcel = parcelOf(picked.id, picked.deliveries);
    const deliveries = picked.deliveries.map((each) =>
      changed(each, { state: 'sending', attempts: each.attempts + 1, attempted_at: now, parcel: picked.id }),
    );
    await table.save(deliveries);
    return { parcel, deliveries };
  }

  async #settle(deliveries: readonly Delivery[], receipt: Receipt, now: number): Promise<void> {
    const { outcome, answer } = receipt;
    if (outcome === 'later') return this.#postpone(deliveries, receipt, now);
    this.#failures = 0;
    const state = outcome === 'taken' ? 'sent' : 'failed';
    await this.#record(
      deliveries.map((each) => changed(each, { state, answer, body: state === 'sent' ? '' : each.body })),
    );
  }

  /** The channel failed: it rests, and what waited too long by now has failed with it. */
  async #postpone(deliveries: readonly Delivery[], receipt: Receipt, now: number): Promise<void> {
    const { table, to, random } = this.#options;
    const { answer, retryAfterSeconds } = receipt;
    this.#failures += 1;
    this.#restUntil = now + restMs(this.#failures, random(), retryAfterSeconds);
    const rest_until = this.#restUntil;
    // One time for all of the parcel: it goes again as it went.
    const most = Math.max(...deliveries.map(({ attempts }) => attempts));
    const due_at = now + restMs(most, random(), retryAfterSeconds);
    const tried = deliveries.map((each): Delivery => {
      if (this.#isTooOld(each, now)) return changed(each, { state: 'failed', answer, rest_until });
      return changed(each, { state: 'waiting', due_at, answer, rest_until });
    });
    const behind = (await table.unfinished(to.config.name)).filter(
      (each) => each.state === 'waiting' && this.#isTooOld(each, now),
    );
    await this.#record([...tried, ...behind.map((each) => changed(each, { state: 'failed', answer }))]);
  }

  readonly #isTooOld = ({ since }: Delivery, now: number): boolean => now - since >= this.#retryForMs;
}

function parcelOf(id: string, deliveries: readonly Delivery[]): Parcel {
  return {
    id,
    isRepeat: deliveries.some(({ attempts }) => attempts > 0),
    messages: deliveries.map(({ body, thread, others }) =>
      messageOf(JSON.parse(body) as Notice, thread, others),
    ),
  };
}
