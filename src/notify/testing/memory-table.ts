import type { Delivery, DeliveryState } from '../delivery.js';
import type { ChannelTotals, DeliveryTable } from '../delivery-table.js';

/** A table that outlives the outbox over it, and may fail before or after it kept something, as a process that is killed does. */
export class MemoryTable implements DeliveryTable {
  readonly rows = new Map<string, Delivery>();
  /** Asked at each save; `before` loses it, `after` keeps it. */
  fault: () => 'before' | 'after' | null = () => null;

  async save(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const fault = this.fault();
    if (fault === 'before') throw new Error('killed before the table kept it');
    for (const each of deliveries) {
      const key = `${each.channel} ${each.notice}`;
      if ((this.rows.get(key)?.revision ?? 0) <= each.revision) this.rows.set(key, structuredClone(each));
    }
    if (fault === 'after') throw new Error('killed after the table kept it');
  }

  #where(test: (delivery: Delivery) => boolean): Delivery[] {
    return [...this.rows.values()].filter(test).sort((a, b) => a.place - b.place);
  }

  async unfinished(channel: string): Promise<Delivery[]> {
    return this.#where((each) => each.channel === channel && ['waiting', 'sending'].includes(each.state));
  }

  async related(about: { subjects: readonly string[]; threads: readonly string[] }): Promise<Delivery[]> {
    return this.#where(
      ({ subject, thread }) => about.subjects.includes(subject) || about.threads.includes(thread),
    );
  }

  async inState(...[state, most, of = {}]: Parameters<DeliveryTable['inState']>): Promise<Delivery[]> {
    const { channel, notice } = of;
    return this.#where((each) => each.state === state)
      .filter((each) => each.channel === (channel ?? each.channel) && each.notice === (notice ?? each.notice))
      .reverse()
      .slice(0, most);
  }

  async totals(): Promise<ChannelTotals[]> {
    const channels = [...new Set([...this.rows.values()].map(({ channel }) => channel))];
    return channels.map((channel) => {
      const own = this.#where((each) => each.channel === channel);
      const count = (state: DeliveryState): number => own.filter((each) => each.state === state).length;
      const waiting = own.filter(({ state }) => state === 'waiting' || state === 'sending');
      return {
        channel,
        counts: {
          waiting: count('waiting'),
          sending: count('sending'),
          sent: count('sent'),
          failed: count('failed'),
          replaced: count('replaced'),
          held: count('held'),
        },
        oldest_waiting: waiting.length === 0 ? 0 : Math.min(...waiting.map(({ offered_at }) => offered_at)),
        last_sent: Math.max(
          0,
          ...own.filter(({ state }) => state === 'sent').map(({ attempted_at }) => attempted_at),
        ),
        rest_until: Math.max(0, ...own.map(({ rest_until }) => rest_until)),
        last_place: Math.max(0, ...own.map(({ place }) => place)),
        last_answer: own.at(-1)?.answer ?? '',
      };
    });
  }

  async attemptsSince(channel: string, since: number): Promise<number[]> {
    const own = this.#where((each) => each.channel === channel && each.attempted_at > since);
    return [
      ...new Map(own.map(({ parcel, attempted_at }) => [`${parcel} ${attempted_at}`, attempted_at])).values(),
    ];
  }
}
