import type { ChannelStatus } from '../notify/outbox-state.js';
import type { AddRead, Series } from './metrics.js';

const seconds = (time: string | null): number => (time === null ? 0 : Date.parse(time) / 1000);

const PER_CHANNEL: [name: string, help: string, read: (channel: ChannelStatus) => number][] = [
  ['waiting', 'Notifications that wait for a channel.', ({ counts }) => counts.waiting + counts.sending],
  [
    'failed',
    'Notifications that were given up: `stowaway notify list` says why. Of the last 29 days.',
    ({ counts }) => counts.failed,
  ],
  ['sent', 'Notifications that a channel took. Of the last 29 days.', ({ counts }) => counts.sent],
  [
    'oldest_waiting_timestamp_seconds',
    'Since when the oldest that waits does; 0: none does.',
    ({ oldest_waiting }) => seconds(oldest_waiting),
  ],
  [
    'last_sent_timestamp_seconds',
    'When a channel took one last; 0: never.',
    ({ last_sent }) => seconds(last_sent),
  ],
];

/** One series for each channel of the configuration, and for those whose deliveries are still kept. What cannot be asked has none. */
export function addNotificationMetrics(add: AddRead, status: () => Promise<ChannelStatus[]>): void {
  const ask = askedOnce(() => status().catch((): ChannelStatus[] => []));
  for (const [name, help, read] of PER_CHANNEL)
    add({
      ...{ name: `notifications_${name}`, help, labelNames: ['channel'] },
      values: async () => (await ask()).map((one): Series => [{ channel: one.name }, read(one)]),
    });
}

/** All that ask before there is an answer get the same one. */
function askedOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}
