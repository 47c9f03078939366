import { z } from 'zod';

/** Names that are folder, file or marker names: lower case words with hyphens. */
export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const slug = z.string().regex(SLUG, 'lower case words joined by hyphens');
/** An id of anything that can be checked; parameters are in snake_case. */
const carrier = z
  .string()
  .regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'the id of an analytic, probe, scenario, step or parameter');
const text = z.string().trim().min(1);
const share = z.number().min(0).max(1);

const parameter = z.strictObject({
  type: z.enum(['UInt8', 'UInt16', 'UInt32', 'UInt64', 'Int32', 'Int64', 'Float32', 'Float64', 'String']),
  unit: text,
  default: z.union([z.number(), z.string()]),
  range: z.tuple([z.number(), z.number()]).optional(),
  reason: text,
  mitre: text.optional(),
});

const priorityLevel = z.strictObject({
  level: z.enum(['high', 'medium', 'low']),
  when: text,
  minScore: share.optional(),
  minBytesOut: z.number().int().nonnegative().optional(),
  minClasses: z.number().int().positive().optional(),
  analytics: z.array(slug).optional(),
});

/** The front matter of a strategy.md, exactly: an unknown key is a mistake. */
export const strategyFrontMatter = z.strictObject({
  title: text,
  technique: z.string().regex(/^T\d{4}(\.\d{3})?$/, 'an ATT&CK technique id such as T1567 or T1567.001'),
  parent: z
    .string()
    .regex(/^T\d{4}$/, 'an ATT&CK technique id such as T1567')
    .optional(),
  tactic: text,
  attack: z.strictObject({
    release: z.string().regex(/^\d+\.\d+$/, "a release in quotes, such as '19.1'"),
    detectionStrategy: z.string().regex(/^DET\d{4}$/, 'an id such as DET0548'),
    analytics: z.array(z.string().regex(/^AN\d{4}$/, 'an id such as AN1512')).min(1),
  }),
  platforms: z.array(text).min(1),
  openAt: share,
  openAtSingleClass: share,
  requires: z.array(slug).min(1),
  replaces: z.array(z.string()).default([]),
  /** What a stated build workload may do: its findings to known destinations are suppressed, unless one of these analytics fired. */
  buildJobsUnless: z.array(slug).optional(),
  correlationWindowSeconds: z.number().int().positive(),
  tickSeconds: z.number().int().positive().max(3600).default(5),
  shared: z.array(slug).default([]),
  sharedProbes: z.array(slug).default([]),
  parameters: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'snake_case'), parameter),
  priority: z.array(priorityLevel).min(1),
  carries: z.record(
    z.string().regex(/^E\d+\.\d+$/, 'a requirement id such as E1.1'),
    z.union([carrier, z.array(carrier).min(1)]),
  ),
});

export type StrategyFrontMatter = z.infer<typeof strategyFrontMatter>;

/** The header comment of a probes/*.sql, one `-- key: value` a line. */
export const probeHeader = z.strictObject({ what: text, when_not_ok: z.enum(['degraded', 'blind']) });

/** The header comment of an analytics/*.sql, one `-- key: value` a line. */
export const analyticHeader = z.strictObject({
  what: text,
  class: z.enum(['traffic', 'destination', 'process', 'file', 'orchestration', 'registry']),
  role: z.enum(['trigger', 'context']),
  needs: z.array(z.string().regex(/^[a-z_0-9]+(\.[a-z_0-9]+)?$/, 'table or table.column')).min(1),
  parameters: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/, 'snake_case')).default([]),
  cost: z.coerce.number().positive().optional(),
});
