import { z } from '@hono/zod-openapi';
import { MAX_EXPIRY_SECONDS } from '../model/config.js';
import { changeSchema } from '../respond/change.js';
import type { ResponseSummary } from '../respond/describe.js';
import { evidenceFile, verification } from '../respond/ledger.js';
import type { ActionOptions } from '../respond/options.js';
import { ACTIONS } from '../respond/plan.js';
import type { PlanView } from '../respond/plan-view.js';
import { count, time } from './schemas.js';

/** Shapes of responses, as the OpenAPI document names them. */

const action = z.enum([...ACTIONS, 'isolate-segment']);
const why = z.string().trim().min(1).max(4000);
const known = z.enum(['yes', 'no', 'unknown']);

const summary = z
  .object({
    hash: z.string().describe('SHA-256 of the plan: what is approved by it is what runs.'),
    status: z.enum(['planned', 'approved', 'lapsed', 'half done', 'contained', 'reverting', 'closed']),
    action,
    finding: z.string(),
    strategy: z.string(),
    container: z.object({ id: z.string(), name: z.string(), image: z.string() }),
    segment: z.string().nullable().describe('The network, where everybody on it is contained.'),
    planned_at: time,
    valid_until: time.describe('Later, the plan is not carried out.'),
    approvals: z.array(
      z.object({ at: time, by: z.string(), reason: z.string(), segment: z.string().nullable() }),
    ),
    began_at: time.nullable(),
    contained_at: time.nullable(),
    expires_at: time.nullable(),
    seconds_left: z.number().nullable().describe('Until it is reverted by itself.'),
    in_force: z
      .boolean()
      .nullable()
      .describe(
        'Whether engine and kernel show every change now; null: they were not asked, or do not answer.',
      ),
    changes: z.array(
      z.object({ change: changeSchema, applied: known, reverted: known.nullable(), note: z.string() }),
    ),
    evidence: z.array(evidenceFile),
    verification: verification.nullable().describe('Whether it stopped, by flow data.'),
    closed: z.object({ at: time, why: z.string() }).nullable(),
  })
  .openapi('Response') satisfies z.ZodType<ResponseSummary>;

export const responseFilter = z.strictObject({
  finding: z.string().max(200).optional().describe('Uid of a finding.'),
  limit: count(1000).optional().describe('Default 100.'),
});

export const responseList = z
  .object({
    mode: z.enum(['off', 'plan', 'apply']).describe('`serve.responses` of the configuration.'),
    responses: z.array(summary).describe('The latest first, whoever made them.'),
    total: z.number().describe('How many match.'),
  })
  .openapi('ResponseList');

const plan = z
  .object({
    why: z.string().describe('The finding’s.'),
    confirm: z.string().describe('Name of what is contained; whoever applies types it again.'),
    expires_seconds: z.number(),
    commit_image: z.boolean(),
    agreement: z.array(
      z.object({
        what: z.enum(['name', 'image', 'address']),
        finding: z.string().nullable(),
        engine: z.array(z.string()),
        agrees: z.boolean().nullable(),
      }),
    ),
    steps: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        preconditions: z.array(z.string()),
        action: z.array(z.string()),
        verification: z.string(),
        revert: z.array(z.string()),
      }),
    ),
    differences: z
      .array(z.object({ where: z.string(), before: z.array(z.string()), after: z.array(z.string()) }))
      .describe('Every change, to the letter: lines that go, lines that come.'),
    cost: z.array(z.string()).describe('What it takes from those who rely on the container.'),
    permissions: z.array(z.string()),
    addresses: z.array(z.string()),
    image_digest: z.string(),
    members: z.array(z.object({ id: z.string(), name: z.string() })).describe('Of the segment.'),
  })
  .openapi('ResponsePlan') satisfies z.ZodType<PlanView>;

export const responseWhole = z
  .object({ mode: responseList.shape.mode, response: summary, plan })
  .openapi('ResponseWhole');

export const actionOptions = z
  .object({
    container: z.object({ id: z.string(), name: z.string(), image: z.string() }).nullable(),
    usual: action.describe('What the playbook begins with.'),
    networks: z.array(z.string()).describe('Of which one may be isolated.'),
    actions: z.array(
      z.object({
        action,
        title: z.string(),
        expires_seconds: z.number(),
        cost: z.array(z.string()),
        refused: z.array(z.string()).describe('Why it must not be done; empty when it may.'),
      }),
    ),
    refused: z.array(z.string()).describe('Why nothing may begin now.'),
  })
  .openapi('ActionOptions') satisfies z.ZodType<ActionOptions>;

export const newPlan = z
  .strictObject({
    action: action.optional().describe('Default: the playbook’s first.'),
    network: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('The network to isolate, with `isolate-segment`.'),
    expires_seconds: z
      .number()
      .int()
      .min(1)
      .max(MAX_EXPIRY_SECONDS)
      .optional()
      .describe('Default: what configuration and playbook say.'),
    commit_image: z
      .boolean()
      .optional()
      .describe('Keep the container’s file system as an image, too; it is paused meanwhile.'),
  })
  .refine((wish) => (wish.action === 'isolate-segment') === (wish.network !== undefined), {
    message: 'goes with the action isolate-segment, and the other way round',
    path: ['network'],
  })
  .openapi('NewPlan');

export const newApproval = z
  .strictObject({
    why,
    segment: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('The network’s name, where the plan isolates one.'),
  })
  .openapi('NewApproval');

export const newApplication = z
  .strictObject({ confirm: z.string().max(500).describe('`confirm` of the plan, typed again.') })
  .openapi('NewApplication');

export const newRevert = z.strictObject({ why }).openapi('NewRevert');
