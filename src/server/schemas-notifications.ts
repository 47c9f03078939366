import { z } from '@hono/zod-openapi';
import type { ChannelStatus, FailedDelivery, Retried } from '../notify/outbox-state.js';
import { severity, time } from './schemas.js';

const channel = z
  .object({
    name: z.string(),
    type: z.string().nullable().describe('Null: not configured any more.'),
    counts: z
      .object({
        waiting: z.number(),
        sending: z.number(),
        sent: z.number(),
        failed: z.number().describe('Given up.'),
        replaced: z.number().describe('A newer state was told instead.'),
        held: z.number().describe('Their incident was told already.'),
      })
      .describe('Of the last 29 days.'),
    oldest_waiting: time.nullable(),
    last_sent: time.nullable(),
    rests_until: time.nullable().describe('After a failure it is left alone until then.'),
    last_answer: z.string().describe('What the receiver answered last, or what went wrong.'),
  })
  .openapi('NotificationChannel') satisfies z.ZodType<ChannelStatus>;

const failed = z
  .object({
    channel: z.string(),
    notice: z.string().describe('Names it within the channel.'),
    what: z.enum(['opened', 'escalated', 'closed', 'state']),
    subject: z.string().describe('Uid of the finding, or id of the strategy.'),
    severity,
    attempts: z.number(),
    offered: time.describe('Since when it was to be told.'),
    last_tried: time.nullable().describe('Null: given up together with others, without a try of its own.'),
    answer: z.string().describe('Why: what the receiver answered, or what went wrong.'),
    final: z.string().nullable().describe('Why it cannot be tried again; null: it can.'),
  })
  .openapi('FailedNotification') satisfies z.ZodType<FailedDelivery>;

export const notifications = z
  .object({ channels: z.array(channel), failed: z.array(failed).describe('The newest first.') })
  .openapi('Notifications');

export const notificationFilter = z.object({
  channel: z.string().max(40).optional().describe('Only what failed of this one.'),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('Failed ones at most; default 100.'),
});

export const notificationRetry = z
  .strictObject({
    channel: z.string().min(1).max(40),
    notice: z.string().min(1).max(300).optional().describe('Default: all that failed of the channel.'),
  })
  .openapi('NotificationRetry');

export const retried = z
  .object({
    again: z.number().describe('How many wait again.'),
    left_out: z.number(),
    why: z.string().nullable().describe('Why the newest of those was left out.'),
  })
  .openapi('Retried') satisfies z.ZodType<Retried>;
