import { z } from '@hono/zod-openapi';
import type { OfferedAttack, TestAttack, TestAttackOffer } from '../model/test-attacks.js';

const offeredAttack = z.object({
  id: z.string(),
  strategy: z.string(),
  technique: z.string(),
  title: z.string(),
  does: z.string(),
  safety: z.string().describe('Why it is harmless.'),
  seconds: z
    .number()
    .nullable()
    .describe('About how long it takes, without what is judged afterwards; null: not known.'),
  needs_engine: z.boolean(),
}) satisfies z.ZodType<OfferedAttack>;

const entity = { strategy: z.string(), entity: z.string() };

export const testAttack = z
  .object({
    id: z.string(),
    strategy: z.string(),
    title: z.string(),
    by: z.string(),
    started_at: z.string(),
    ended_at: z.string().nullable(),
    phase: z
      .enum(['attacking', 'judging', 'found', 'not found', 'failed', 'stopped'])
      .describe(
        '`judging`: what the sensors of the lab saw was handed over; `failed`: it did not run to its end, so that nothing was shown.',
      ),
    progress: z.array(z.string()),
    prefix: z.string().describe('What the names of its containers begin with.'),
    expected: z.array(z.object(entity)),
    found: z.array(z.object({ uid: z.string(), ...entity })),
    reasons: z.array(z.string()).describe('Why it failed, or what did not look when nothing was found.'),
  })
  .openapi('TestAttack') satisfies z.ZodType<TestAttack>;

export const testAttackOffer = z
  .object({
    mode: z.enum(['off', 'on']).describe('`serve.emulations`'),
    unavailable: z.string().nullable().describe('Why none can run here; null when one can.'),
    attacks: z.array(offeredAttack),
    last: testAttack.nullable().describe('The one that runs, else the last since the server started.'),
  })
  .openapi('TestAttackOffer') satisfies z.ZodType<TestAttackOffer>;

export const newTestAttack = z.strictObject({ attack: z.string().min(1).max(80) }).openapi('NewTestAttack');
