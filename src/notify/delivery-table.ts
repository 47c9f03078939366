import type { Store } from '../store/store.js';
import type { Delivery, DeliveryState } from './delivery.js';

/** A day less than the table's TTL: what is about to expire is not seen any more, in whichever order its revisions go. */
export const KEPT_MS = 29 * 86_400_000;

/** Looked at before each message: what is behind comes nearer with each one that goes. */
const MOST_UNFINISHED = 1000;

const NAMED_AT_ONCE = 1000;

/** Where deliveries are kept. A save that resolved survives a crash. */
export interface DeliveryTable {
  /** Adds deliveries, or newer revisions of them. Saving the same revision again changes nothing. */
  save(deliveries: readonly Delivery[]): Promise<void>;
  /** Those of a channel that are being sent, then those that wait, by `place`; of a long queue the oldest. */
  unfinished(channel: string): Promise<Delivery[]>;
  /** Those about one of the subjects, or in one of the threads. */
  related(about: { subjects: readonly string[]; threads: readonly string[] }): Promise<Delivery[]>;
  /** Those of one state, newest first; where it is said, only those of a channel, or one of them. */
  inState(state: DeliveryState, most: number, of?: Named): Promise<Delivery[]>;
  /** Numbers of each channel that ever had a delivery. */
  totals(): Promise<ChannelTotals[]>;
  /** When the channel was tried since then, one time a parcel and attempt that is known. */
  attemptsSince(channel: string, since: number): Promise<number[]>;
}

interface Named {
  channel?: string | undefined;
  notice?: string | undefined;
}

export interface ChannelTotals {
  channel: string;
  counts: Record<DeliveryState, number>;
  /** Milliseconds since 1970; 0: none. */
  oldest_waiting: number;
  last_sent: number;
  rest_until: number;
  last_place: number;
  /** What was said at the last attempt. */
  last_answer: string;
}

const TIMES = ['offered_at', 'since', 'due_at', 'attempted_at', 'rest_until'] as const;

const COLUMNS = `channel, notice, revision, thread, subject, what, severity, version, place, state, attempts,
  ${TIMES.map((name) => `toUnixTimestamp64Milli(${name}) AS ${name}`).join(', ')}, parcel, others, answer, body`;

/** The deliveries of a store that has schema/live/0102-outbox.sql. */
export function deliveryTable(store: Store, now: () => number): DeliveryTable {
  const read = (where: string, parameters: Record<string, unknown>, order = 'place') =>
    store.rows<Delivery>(
      `SELECT ${COLUMNS} FROM (SELECT * FROM outbox FINAL WHERE outbox.offered_at > fromUnixTimestamp64Milli({oldest:Int64}) AND ${where} ORDER BY ${order})`,
      { oldest: now() - KEPT_MS, ...parameters },
    );
  return {
    save: (deliveries) =>
      store.insert(
        'outbox',
        deliveries.map((delivery) => ({ ...delivery, ...timesOf(delivery) })),
      ),
    unfinished: (channel) =>
      read(
        `channel = {channel:String} AND state IN ('waiting', 'sending')`,
        { channel },
        `state != 'sending', place LIMIT ${MOST_UNFINISHED}`,
      ),
    related: async ({ subjects, threads }) => {
      const where = 'has({subjects:Array(String)}, subject) OR has({threads:Array(String)}, thread)';
      const found = new Map<string, Delivery>();
      // In parts: a statement has a longest length.
      for (let next = 0; next < Math.max(subjects.length, threads.length); next += NAMED_AT_ONCE) {
        const part = (all: readonly string[]) => all.slice(next, next + NAMED_AT_ONCE);
        const rows = await read(`(${where})`, { subjects: part(subjects), threads: part(threads) });
        for (const row of rows) found.set(`${row.channel} ${row.notice}`, row);
      }
      return [...found.values()].sort((a, b) => a.place - b.place);
    },
    inState: (state, most, { channel, notice } = {}) => {
      const where = [
        'state = {state:String}',
        ...(channel === undefined ? [] : ['channel = {channel:String}']),
        ...(notice === undefined ? [] : ['notice = {notice:String}']),
      ].join(' AND ');
      const order = `offered_at DESC, place DESC LIMIT ${Math.floor(most)}`;
      return read(where, { state, channel: channel ?? '', notice: notice ?? '' }, order);
    },
    totals: () => totals(store, now() - KEPT_MS),
    attemptsSince: async (channel, since) => {
      const rows = await store.rows<{ at: number }>(
        `SELECT DISTINCT parcel, toUnixTimestamp64Milli(attempted_at) AS at FROM outbox FINAL
         WHERE channel = {channel:String} AND attempts > 0 AND attempted_at > fromUnixTimestamp64Milli({since:Int64})`,
        { channel, since },
      );
      return rows.map(({ at }) => at);
    },
  };
}

const timesOf = (delivery: Delivery): Record<string, string> =>
  Object.fromEntries(
    TIMES.map((name) => [name, new Date(delivery[name]).toISOString().slice(0, 23).replace('T', ' ')]),
  );

async function totals(store: Store, oldest: number): Promise<ChannelTotals[]> {
  const states: DeliveryState[] = ['waiting', 'sending', 'sent', 'failed', 'replaced', 'held'];
  const rows = await store.rows<Record<DeliveryState, number> & Omit<ChannelTotals, 'counts'>>(
    `SELECT channel, ${states.map((state) => `countIf(state = '${state}') AS ${state}`).join(', ')},
       toUnixTimestamp64Milli(minIf(offered_at, state IN ('waiting', 'sending'))) AS oldest_waiting,
       toUnixTimestamp64Milli(maxIf(attempted_at, state = 'sent')) AS last_sent,
       toUnixTimestamp64Milli(max(rest_until)) AS rest_until, max(place) AS last_place,
       argMaxIf(answer, attempted_at, attempts > 0 AND state != 'sending') AS last_answer
     FROM outbox FINAL WHERE offered_at > fromUnixTimestamp64Milli({oldest:Int64}) GROUP BY channel ORDER BY channel`,
    { oldest },
  );
  return rows.map(
    ({ channel, oldest_waiting, last_sent, rest_until, last_place, last_answer, ...counts }) => ({
      channel,
      counts,
      oldest_waiting,
      last_sent,
      rest_until,
      last_place,
      last_answer,
    }),
  );
}
