import type { Admin } from 'kafkajs';
import type { PartitionStatus } from './intake.js';

/** Partitions by topic, as a group assigns them to a member. */
export type Assignment = Record<string, number[]>;

/** Asks the brokers how far the group has come: what was committed is what is on disk. */
export class KafkaProgress {
  assigned: Assignment = {};
  #partitions: PartitionStatus[] = [];
  /** Beginning of each partition up to which what was removed is counted. */
  readonly #counted = new Map<string, number>();

  constructor(
    readonly group: string,
    readonly start: 'earliest' | 'latest',
    /** Told of messages that the brokers removed before they were read. */
    readonly onRemoved: (messages: number) => void,
  ) {}

  status(): PartitionStatus[] {
    return this.#partitions.map((one) => ({ ...one }));
  }

  async measure(admin: Pick<Admin, 'fetchOffsets' | 'fetchTopicOffsets'>): Promise<void> {
    const partitions: PartitionStatus[] = [];
    for (const [topic, assigned] of Object.entries(this.assigned)) {
      const [committed] = await admin.fetchOffsets({ groupId: this.group, topics: [topic] });
      const known = new Map(
        committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      );
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        if (!assigned.includes(partition)) continue;
        const bounds = { begin: Number(low), end: Number(high) };
        partitions.push(
          this.#partition(topic, partition, { ...bounds, committed: known.get(partition) ?? -1 }),
        );
      }
    }
    this.#partitions = partitions;
  }

  #partition(
    topic: string,
    partition: number,
    { begin, end, committed }: { begin: number; end: number; committed: number },
  ): PartitionStatus {
    if (committed < 0) {
      const lag = this.start === 'earliest' ? end - begin : null;
      return { topic, partition, committed: null, end, lag };
    }
    const key = JSON.stringify([topic, partition]);
    const from = Math.max(committed, this.#counted.get(key) ?? 0);
    if (begin > from) {
      this.onRemoved(begin - from);
      this.#counted.set(key, begin);
    }
    return { topic, partition, committed, end, lag: Math.max(0, end - Math.max(committed, begin)) };
  }
}
