import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import type { FromStore } from './from-store.js';
import { Refusal } from './refusal.js';
import { notificationFilter, notificationRetry, notifications, retried } from './schemas-notifications.js';

const DEFAULT_FAILED = 100;

/** What waits to be told, what was, and what was given up. What cannot be written into the audit log is not done. */
export function addNotifications(define: Define, { outbox, audit }: Parts, fromStore: FromStore): void {
  define({
    method: 'get',
    path: '/notifications',
    summary: 'How each channel of notifications is, and what was given up',
    permission: 'read',
    query: notificationFilter,
    gives: notifications,
    async run({ query: { channel, limit = DEFAULT_FAILED } }) {
      const [channels, failed] = await Promise.all([
        fromStore(outbox.status()),
        fromStore(outbox.failed(limit, channel)),
      ]);
      return { channels, failed };
    },
  });
  define({
    method: 'post',
    path: '/notifications/retry',
    summary: 'Puts notifications that were given up back among those that wait: one, or all of a channel',
    permission: 'tune',
    body: notificationRetry,
    gives: retried,
    missing: 'Nothing of the channel, or no such notification, was given up.',
    conflict:
      'None of it can be tried again: a newer state is told instead, or the channel is not configured any more.',
    async run({ body: { channel, notice }, token, from }) {
      const target = notice === undefined ? channel : `${channel}/${notice}`;
      await audit.append({
        ...{ who: token.holder, token: token.id, from },
        ...{ what: 'notification.retry', target, detail: {} },
      });
      const done = await fromStore(outbox.retry(channel, notice));
      if (done.again + done.left_out === 0) throw new Refusal(404, `nothing of ${target} has failed`);
      if (done.again === 0) throw new Refusal(409, `${target} is not tried again: ${done.why}`);
      return done;
    },
  });
}
