import { z } from '@hono/zod-openapi';
import { allowanceEntry } from '../model/allowance.js';
import type { AllowancePreview, Deed, ListedAllowance } from '../model/live-allowances.js';
import { scheduleEntry } from '../model/schedule.js';
import { finding, kept, time } from './schemas.js';

const LONGEST = { reason: 1000, owner: 200, pattern: 500, list: 100 };

/** What stowaway.yaml may say, within bounds. */
export const newAllowance = allowanceEntry
  .superRefine((entry, context) => {
    for (const [key, value] of Object.entries(entry))
      for (const text of [value].flat())
        if (typeof text === 'string' && text.length > longestOf(key))
          context.addIssue({
            code: 'custom',
            path: [key],
            message: `longer than ${longestOf(key)} characters`,
          });
    for (const key of ['destination', 'technique'] as const)
      if ([entry[key]].flat().length > LONGEST.list)
        context.addIssue({ code: 'custom', path: [key], message: `more than ${LONGEST.list}` });
  })
  .openapi('NewAllowance');

const longestOf = (key: string): number =>
  key === 'reason' ? LONGEST.reason : key === 'owner' ? LONGEST.owner : LONGEST.pattern;

const deed = z.object({ by: z.string(), at: time, why: z.string() }) satisfies z.ZodType<Deed>;

export const listedAllowance = z
  .object({
    id: z.string().nullable().describe('null: the configuration states it, and it is changed there.'),
    state: z.enum(['active', 'expired', 'revoked']),
    allowance: z.object({
      workload: z.string(),
      image: z.string(),
      destinations: z.array(z.string()).nullable().describe('null: any.'),
      techniques: z.array(z.string()).nullable().describe('null: any.'),
      schedule: scheduleEntry.nullable(),
      reason: z.string(),
      owner: z.string(),
      expires: time.nullable().describe('The last moment it holds, by the time of the event; null: always.'),
    }),
    given: deed.nullable(),
    revoked: deed.nullable(),
    hid: z.number().describe('Findings that it ever hid.'),
    hides: z.number().describe('Those of them that it hides now.'),
  })
  .openapi('Allowance') satisfies z.ZodType<ListedAllowance>;

const wouldHide = z.object({
  looked_at: z.number(),
  hidden: z.number(),
  findings: z.array(kept).describe('The first 50 of those that would be hidden.'),
});

export const allowancePreview = z
  .object({
    refused: z.string().nullable().describe('Why it is not taken; null: nothing speaks against it.'),
    true_positives: z.array(kept).describe('What it must not hide, at whatever time.'),
    open: wouldHide.describe('Open findings, as they are judged at present.'),
    past: wouldHide.describe('Closed findings, the latest 5,000; they stay as they are.'),
    opened: z.array(finding).describe('Would open, since what stood in for them would be hidden.'),
  })
  .openapi('AllowancePreview') satisfies z.ZodType<AllowancePreview>;

export const revocation = z.strictObject({ why: z.string().trim().min(1).max(1000) }).openapi('Revocation');
