import { z } from '@hono/zod-openapi';
import type { InputStatus } from '../collect/intake.js';

const partition = z
  .object({
    topic: z.string(),
    partition: z.number(),
    committed: z
      .number()
      .nullable()
      .describe('Offset from which on nothing was committed; null: nothing was.'),
    end: z.number().describe('Offset of the next message that will be written.'),
    lag: z
      .number()
      .nullable()
      .describe(
        'Messages that are not on this server’s disk; null where only what is written from now on is read.',
      ),
  })
  .openapi('Partition');

export const input = z
  .object({
    name: z.string(),
    kind: z.enum(['host', 'tail', 'syslog', 'kafka', 'stdin']),
    state: z.enum(['running', 'waiting', 'failed', 'off']),
    reason: z.string().describe('Why it waits or cannot; also what one that runs cannot see.'),
    lines: z.number().describe('Taken since the start.'),
    bytes: z.number(),
    last_arrival: z.string().nullable(),
    losses: z.record(z.string(), z.number()).describe('What is known to be lost, by kind.'),
    delayed_seconds: z.number().describe('How long the journal kept it waiting.'),
    partitions: z
      .array(partition)
      .describe('Of topics: those that this server has, as the brokers said last.'),
  })
  .openapi('Input');

export const inputOf = (status: InputStatus): z.infer<typeof input> => ({
  name: status.name,
  kind: status.kind,
  state: status.state,
  reason: status.reason,
  lines: status.lines,
  bytes: status.bytes,
  last_arrival: status.lastArrival,
  losses: status.losses,
  delayed_seconds: status.delayedSeconds,
  partitions: status.partitions ?? [],
});
