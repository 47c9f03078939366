import { z } from 'zod';
import { SLUG } from '../model/strategy-schema.js';

const slug = z.string().regex(SLUG, 'lower case words joined by hyphens');
const text = z.string().trim().min(1);

/** What a step would do. Only `respond` carries anything out; here it is a typed description. */
const action = z.discriminatedUnion('kind', [
  /** Reads; changes nothing. */
  z.strictObject({ kind: z.literal('investigate'), reads: z.array(text).min(1) }),
  z.strictObject({ kind: z.literal('capture-evidence'), collect: z.array(text).min(1) }),
  z.strictObject({ kind: z.literal('pause'), target: z.enum(['container', 'pod', 'schedule']) }),
  z.strictObject({
    kind: z.literal('disconnect'),
    target: z.enum(['container', 'pod']),
    networks: z.union([z.literal('all'), z.array(text)]),
  }),
  z.strictObject({
    kind: z.literal('firewall-drop'),
    target: z.enum(['destination', 'container', 'segment']),
    direction: z.enum(['out', 'in', 'both']),
  }),
  z.strictObject({ kind: z.literal('revoke-credentials'), which: z.array(text).min(1) }),
  z.strictObject({
    kind: z.literal('egress-policy'),
    target: z.enum(['pod', 'workload', 'network']),
    deny: z.array(text).min(1),
  }),
  z.strictObject({ kind: z.literal('sweep'), by: z.array(text).min(1) }),
  z.strictObject({ kind: z.literal('notify'), who: z.array(text).min(1) }),
]);

const CONTAINS = new Set(['pause', 'disconnect', 'firewall-drop', 'egress-policy']);

const step = z
  .strictObject({
    id: slug,
    title: text,
    /** What the responder does and how to judge what is seen. */
    text,
    action,
    preconditions: z.array(text).default([]),
    /** How one sees that the step worked. */
    verification: text,
    /** How it is undone; "nothing to undo" is said, not left out. */
    revert: text,
    approval: z.enum(['none', 'one', 'separate']).default('none'),
    /** A containment ends by itself. */
    expiresAfterSeconds: z.number().int().positive().optional(),
  })
  .refine((each) => !CONTAINS.has(each.action.kind) || each.expiresAfterSeconds !== undefined, {
    message: 'a containment needs expiresAfterSeconds',
    path: ['expiresAfterSeconds'],
  })
  .refine((each) => !CONTAINS.has(each.action.kind) || each.approval !== 'none', {
    message: 'a containment needs approval: one or separate',
    path: ['approval'],
  });

/** playbook.yaml: the plan bound to a strategy. */
export const playbookFile = z.strictObject({ steps: z.array(step).min(1) });

export type Playbook = z.infer<typeof playbookFile>;
