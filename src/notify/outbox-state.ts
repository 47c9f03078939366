import type { Severity } from '../model/hunt-result.js';
import type { Notice } from '../model/live.js';
import type { NamedChannel } from './channel.js';
import type { Delivery, DeliveryState } from './delivery.js';
import type { ChannelTotals, DeliveryTable } from './delivery-table.js';

/** How a channel is, for people and metrics. */
export interface ChannelStatus {
  name: string;
  /** As configured; null for one that is not any more, whose deliveries stay as they are. */
  type: string | null;
  counts: Record<DeliveryState, number>;
  /** ISO 8601 UTC */
  oldest_waiting: string | null;
  last_sent: string | null;
  /** After a failure, until then it is left alone. */
  rests_until: string | null;
  last_answer: string;
}

/** A delivery that was given up, to be shown and tried again. */
export interface FailedDelivery {
  channel: string;
  notice: string;
  what: Notice['what'];
  /** Uid of the alert, or id of the strategy. */
  subject: string;
  severity: Severity;
  attempts: number;
  /** ISO 8601 UTC */
  offered: string;
  /** Null: given up with those that were tried, without a try of its own. */
  last_tried: string | null;
  answer: string;
  /** Why it cannot be tried again; null when it can. */
  final: string | null;
}

/** What became of deliveries that were to be tried again. */
export interface Retried {
  again: number;
  left_out: number;
  /** Of the newest that was left out. */
  why: string | null;
}

export type FinalOf = (delivery: Delivery) => string | null;

/** Tells of failed deliveries why they cannot be tried again. */
export async function finalOf(
  table: DeliveryTable,
  failed: readonly Delivery[],
  isConfigured: (channel: string) => boolean,
): Promise<FinalOf> {
  if (failed.length === 0) return () => null;
  const related = await table.related({
    subjects: [...new Set(failed.map(({ subject }) => subject))],
    threads: [],
  });
  const keyOf = ({ channel, subject }: Delivery): string => JSON.stringify([channel, subject]);
  const newest = new Map<string, number>();
  for (const each of related)
    newest.set(keyOf(each), Math.max(each.place, newest.get(keyOf(each)) ?? each.place));
  return (delivery) => {
    if (!isConfigured(delivery.channel)) return 'the channel is not configured any more';
    return (newest.get(keyOf(delivery)) ?? 0) > delivery.place ? 'a newer state is told instead' : null;
  };
}

const timeOrNull = (at: number): string | null => (at > 0 ? new Date(at).toISOString() : null);

export function statusOf(
  totals: readonly ChannelTotals[],
  channels: readonly NamedChannel[],
  restUntil: (channel: string) => number,
): ChannelStatus[] {
  const names = [
    ...new Set([...channels.map(({ config }) => config.name), ...totals.map(({ channel }) => channel)]),
  ];
  return names.map((name) => {
    const own = totals.find(({ channel }) => channel === name);
    return {
      name,
      type: channels.find(({ config }) => config.name === name)?.config.type ?? null,
      counts: own?.counts ?? { waiting: 0, sending: 0, sent: 0, failed: 0, replaced: 0, held: 0 },
      oldest_waiting: timeOrNull(own?.oldest_waiting ?? 0),
      last_sent: timeOrNull(own?.last_sent ?? 0),
      rests_until: timeOrNull(restUntil(name)),
      last_answer: own?.last_answer ?? '',
    };
  });
}

export const describeFailed = (failed: readonly Delivery[], final: FinalOf): FailedDelivery[] =>
  failed.map((delivery) => {
    const { channel, notice, what, subject, severity, attempts, answer } = delivery;
    return {
      ...{ channel, notice, what, subject, severity, attempts, answer },
      offered: new Date(delivery.offered_at).toISOString(),
      last_tried: timeOrNull(delivery.attempted_at),
      final: final(delivery),
    };
  });
