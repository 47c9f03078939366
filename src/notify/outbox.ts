import type { KeptFinding, Notice } from '../model/live.js';
import type { NamedChannel, Receipt } from './channel.js';
import { changed, type Delivery } from './delivery.js';
import { type ChannelTotals, type DeliveryTable, KEPT_MS } from './delivery-table.js';
import { Lane } from './lane.js';
import { testMessage } from './message.js';
import { noticesOf } from './notices.js';
import {
  type ChannelStatus,
  describeFailed,
  type FailedDelivery,
  type FinalOf,
  finalOf,
  type Retried,
  statusOf,
} from './outbox-state.js';
import { incidentOf, planOffer, subjectOf } from './plan-offers.js';

export interface OutboxOptions {
  table: DeliveryTable;
  channels: readonly NamedChannel[];
  /** Milliseconds since 1970 */
  now?(): number;
  /** 0..1 */
  random?(): number;
  /** Told of deliveries that failed for good, of one channel, once that is stored. */
  onGivenUp?(failed: readonly Delivery[]): void;
}

/**
 * Notices on their way to channels, kept in the store: what was offered is told once, or is still due, or failed and is shown.
 * One process at a time may have an outbox over a store.
 */
export interface Outbox {
  /** Stores one delivery a notice and channel that wants it. Offering again adds nothing, also after a restart. */
  offer(notices: readonly Notice[]): Promise<void>;
  /**
   * Offers what should have been told of these alerts and was not: a crash between storing an alert and offering its notice.
   * To be called once after the start, with every alert that changed since the last stop; all of them are also right.
   */
  catchUp(alerts: readonly KeptFinding[]): Promise<void>;
  /**
   * Sends what is due and resolves when that is done. May be called again before: a channel that is still busy is left out,
   * so that a slow one holds up no other.
   *
   * @param now milliseconds since 1970; default: the clock
   * @throws when the store fails; nothing is lost, and the next call goes on
   */
  deliver(now?: number): Promise<void>;
  status(): Promise<ChannelStatus[]>;
  /** Newest first; without a channel, those of all. */
  failed(most?: number, channel?: string): Promise<FailedDelivery[]>;
  /**
   * Puts failed deliveries back among those that wait; without a notice, all of the channel. Those that `failed` calls final are
   * left out.
   */
  retry(channel: string, notice?: string): Promise<Retried>;
  /** Sends a message that says of itself that it is a test; null when there is no such channel. Nothing of it is kept. */
  sendTest(channel: string): Promise<Receipt | null>;
}

/** Most failed deliveries that are put back in one go. */
const MOST_RETRIED = 10_000;

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  return new TableOutbox(options, await options.table.totals());
}

class TableOutbox implements Outbox {
  readonly #table: DeliveryTable;
  readonly #channels: readonly NamedChannel[];
  readonly #now: () => number;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #alone = oneAtATime();
  /** Of the newest delivery. */
  #place: number;

  constructor(
    { table, channels, now = Date.now, random = Math.random, onGivenUp = () => {} }: OutboxOptions,
    totals: ChannelTotals[],
  ) {
    this.#table = table;
    this.#channels = channels;
    this.#now = now;
    this.#place = Math.max(0, ...totals.map(({ last_place }) => last_place));
    this.#lanes = new Map(
      channels.map((to) => {
        const restUntil = totals.find(({ channel }) => channel === to.config.name)?.rest_until ?? 0;
        return [to.config.name, new Lane({ table, to, random, alone: this.#alone, restUntil, onGivenUp })];
      }),
    );
  }

  offer(notices: readonly Notice[]): Promise<void> {
    return this.#alone(() => this.#offer(notices));
  }

  catchUp(alerts: readonly KeptFinding[]): Promise<void> {
    return this.#alone(async () => this.#offer(await missedNotices(this.#table, alerts, this.#now())));
  }

  async #offer(notices: readonly Notice[]): Promise<void> {
    if (notices.length === 0 || this.#channels.length === 0) return;
    const known = await relatedTo(this.#table, notices);
    const fresh: Delivery[] = [];
    const nextPlace = (): number => ++this.#place;
    for (const notice of notices) {
      for (const to of this.#channels) {
        const own = [...known.values()].filter(({ channel }) => channel === to.config.name);
        for (const delivery of planOffer({ notice, to, now: this.#now(), known: own, nextPlace })) {
          known.set(keyOf(delivery), delivery);
          fresh.push(delivery);
        }
      }
    }
    await this.#table.save(newestOf(fresh));
  }

  async deliver(at?: number): Promise<void> {
    const clock = at === undefined ? this.#now : () => at;
    const passes = await Promise.allSettled([...this.#lanes.values()].map((lane) => lane.pass(clock)));
    const broken = passes.find((pass) => pass.status === 'rejected');
    if (broken !== undefined) throw broken.reason;
  }

  async status(): Promise<ChannelStatus[]> {
    const now = this.#now();
    const restUntil = (name: string): number => {
      const until = this.#lanes.get(name)?.restUntil ?? 0;
      return until > now ? until : 0;
    };
    return statusOf(await this.#table.totals(), this.#channels, restUntil);
  }

  async failed(most = 100, channel?: string): Promise<FailedDelivery[]> {
    const failed = await this.#table.inState('failed', most, { channel });
    return describeFailed(failed, await this.#finalOf(failed));
  }

  retry(channel: string, notice?: string): Promise<Retried> {
    return this.#alone(async () => {
      const failed = await this.#table.inState('failed', MOST_RETRIED, { channel, notice });
      const finalOf = await this.#finalOf(failed);
      const again = failed.filter((each) => finalOf(each) === null);
      const at = this.#now();
      const change = { state: 'waiting', since: at, due_at: at, rest_until: 0 } as const;
      await this.#table.save(again.map((each) => changed(each, change)));
      if (again.length > 0) this.#lanes.get(channel)?.wake();
      const left = failed.filter((each) => !again.includes(each));
      return {
        ...{ again: again.length, left_out: left.length },
        why: left[0] === undefined ? null : finalOf(left[0]),
      };
    });
  }

  /** Why failed deliveries cannot be tried again. */
  #finalOf(failed: readonly Delivery[]): Promise<FinalOf> {
    return finalOf(this.#table, failed, (name) => this.#lanes.has(name));
  }

  async sendTest(name: string): Promise<Receipt | null> {
    const to = this.#channels.find(({ config }) => config.name === name);
    if (to === undefined) return null;
    return sendTest(to, new Date(this.#now()));
  }
}

/** Sends a message that says of itself that it is a test, past every queue. */
export function sendTest({ channel }: NamedChannel, at: Date): Promise<Receipt> {
  const message = testMessage(`test:${at.getTime()}`, at.toISOString());
  return channel.send({ id: message.id, isRepeat: false, messages: [message] });
}

/** Reading and changing the table is done by one at a time, in the order asked; sending is not part of it. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

const keyOf = ({ channel, notice }: Delivery): string => JSON.stringify([channel, notice]);

const newestOf = (deliveries: readonly Delivery[]): Delivery[] => [
  ...new Map(deliveries.map((each) => [keyOf(each), each])).values(),
];

/** Deliveries that share a subject or a thread with the notices, and those of the threads in which these are. */
async function relatedTo(table: DeliveryTable, notices: readonly Notice[]): Promise<Map<string, Delivery>> {
  const subjects = [...new Set(notices.map(subjectOf))];
  const near = await table.related({ subjects, threads: [...new Set(notices.map(incidentOf))] });
  const threads = [...new Set(near.map(({ thread }) => thread))];
  const all = threads.length === 0 ? near : await table.related({ subjects, threads });
  return new Map(all.map((each) => [keyOf(each), each]));
}

/** What was told of an alert last stands for what it was; the alert as it is now says what changed since. */
async function missedNotices(
  table: DeliveryTable,
  alerts: readonly KeptFinding[],
  now: number,
): Promise<Notice[]> {
  const known = await table.related({ subjects: alerts.map(({ uid }) => uid), threads: [] });
  return alerts.flatMap((alert) => {
    const told = known.filter(({ subject }) => subject === alert.uid).sort((a, b) => a.version - b.version);
    const last = told.at(-1);
    if (last === undefined && Date.parse(alert.opened_at) < now - KEPT_MS) return [];
    if (last !== undefined && last.version >= alert.version) return [];
    return noticesOf(last ? asTold(alert, last) : null, alert, {
      uid: alert.uid,
      version: alert.version,
      at: alert.updated_at,
      what: 'grew',
      who: 'stowaway',
      why: '',
    });
  });
}

const asTold = (alert: KeptFinding, { what, severity }: Delivery): KeptFinding => ({
  ...alert,
  state: what === 'closed' ? 'closed' : 'open',
  finding: { ...alert.finding, status: 'open', severity },
});
