import { z } from '@hono/zod-openapi';
import type { Finding, FindingDetail } from '../model/hunt-result.js';
import { FINDING_EVENTS, type FindingEvent, type KeptFinding, type LiveStatus } from '../model/live.js';
import { VERDICTS } from '../model/verdict-file.js';
import type { AuditEntry } from './audit-log.js';
import { PERMISSIONS, type Permission, ROLE_NAMES } from './roles.js';
import type { Token } from './tokens.js';

/** Shapes of what the API takes and gives, as the OpenAPI document names them. */

export const time = z.string().describe('ISO 8601 UTC');
export const severity = z.enum(['critical', 'high', 'medium', 'low', 'informational']);
export const evidenceClass = z.enum([
  'traffic',
  'destination',
  'process',
  'file',
  'orchestration',
  'registry',
]);
const window = z.object({ from: time, to: time });
const strategyState = z.enum(['fired', 'quiet', 'degraded', 'blind']);

export const finding = z
  .object({
    uid: z.string(),
    strategy: z.string(),
    technique: z.string(),
    title: z.string(),
    severity,
    score: z.number(),
    entity: z.object({
      kind: z.enum(['workload', 'container', 'address', 'node', 'volume', 'actor', 'repository']),
      name: z.string(),
      ip: z.string().nullable(),
      container_uid: z.string().nullable(),
      image: z.string().nullable(),
    }),
    attribution: z.object({
      method: z.enum(['native', 'ip+time', 'cgroup', 'cidr', 'address', 'ambiguous', 'none']),
      confidence: z.number(),
    }),
    window,
    destinations: z.array(
      z.object({ ip: z.string(), port: z.number(), domain: z.string(), bytes_out: z.number() }),
    ),
    incident: z.string(),
    priority: z.enum(['high', 'medium', 'low']),
    status: z.enum(['open', 'suppressed', 'candidate']),
    why: z.string(),
    evidence_query: z.string(),
    terms: z.array(
      z.object({
        analytic: z.string(),
        class: evidenceClass,
        likelihood: z.number(),
        counted: z.boolean(),
        measured: z.record(z.string(), z.union([z.string(), z.number()])),
        says: z.string(),
        window,
      }),
    ),
    suppressed_by: z.string().nullable(),
  })
  .openapi('Finding') satisfies z.ZodType<Finding>;

export const kept = z
  .object({
    uid: z.string(),
    finding,
    state: z.enum(['open', 'closed']),
    version: z.number().describe('Rises by one with each change that is kept.'),
    opened_at: time,
    updated_at: time,
    closed_at: time.nullable(),
    verdict: z.enum(VERDICTS).nullable(),
    assignee: z.string().nullable(),
  })
  .openapi('KeptFinding') satisfies z.ZodType<KeptFinding>;

export const findingEvent = z
  .object({
    uid: z.string(),
    version: z.number(),
    at: time,
    what: z.enum(FINDING_EVENTS),
    who: z.string().describe('`stowaway`, or the holder of a token.'),
    why: z.string(),
  })
  .openapi('FindingEvent') satisfies z.ZodType<FindingEvent>;

export const detail = z
  .object({
    uid: z.string(),
    bucket_seconds: z.number(),
    series: z.array(z.object({ time, bytes_out: z.number() })),
    baseline: z.object({ rung: z.string(), median: z.number(), upper: z.number() }).nullable(),
    evidence: z.array(
      z.object({
        time,
        source: z.string(),
        class: evidenceClass,
        text: z.string(),
        file: z.string(),
        line: z.number(),
      }),
    ),
    evidence_total: z.number(),
  })
  .openapi('FindingDetail') satisfies z.ZodType<FindingDetail>;

export const findingPage = z
  .object({
    findings: z.array(kept),
    total: z.number().describe('How many match, over all pages.'),
    next: z.string().nullable().describe('`after` of the next page.'),
  })
  .openapi('FindingPage');

export const findingWhole = z
  .object({ kept, detail: detail.nullable(), events: z.array(findingEvent) })
  .openapi('FindingWhole');

const why = z.string().trim().min(1).max(4000);

export const findingChange = z
  .discriminatedUnion('what', [
    z.strictObject({ what: z.literal('verdict'), verdict: z.enum(VERDICTS), why }),
    z.strictObject({ what: z.literal('note'), why }),
    z.strictObject({
      what: z.literal('assigned'),
      assignee: z.string().trim().min(1).max(100).nullable(),
      why,
    }),
    z.strictObject({ what: z.literal('closed'), why }),
    z.strictObject({ what: z.literal('reopened'), why }),
  ])
  .openapi('FindingChange');

/** `true` and `false` as a query has them. */
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const count = (most: number) => z.coerce.number().int().min(1).max(most);

export const findingFilter = z.strictObject({
  state: z.enum(['open', 'closed']).optional(),
  suppressed: flag.optional().describe('Suppressed ones are left out unless this is true.'),
  strategy: z.string().max(200).optional(),
  entity: z.string().max(500).optional(),
  incident: z.string().max(200).optional(),
  severity: z.array(severity).optional().describe('May be given more than once.'),
  search: z
    .string()
    .max(500)
    .optional()
    .describe('Text in entity, why or destinations; case does not matter.'),
  verdict: z.enum([...VERDICTS, 'none']).optional(),
  assignee: z.string().max(100).optional().describe('`none`: nobody’s.'),
  allowance: z
    .string()
    .regex(/^[0-9a-f]{1,32}$/, 'id of an allowance')
    .optional()
    .describe('Those that this allowance hides; with `suppressed=true`.'),
  sort: z
    .enum(['recent', 'score', 'severity'])
    .optional()
    .describe('Default `recent`: open before closed, the latest first.'),
  limit: count(1000).optional().describe('Default 100.'),
  after: z
    .string()
    .regex(/^\d{1,9}$/, '`next` of the page before')
    .optional()
    .describe('`next` of the page before.'),
});

export const strategy = z
  .object({
    id: z.string(),
    technique: z.string(),
    title: z.string(),
    state: strategyState,
    sight: z.enum(['whole', 'degraded', 'blind']),
    reasons: z.array(z.string()),
    since: time,
  })
  .openapi('Strategy');

export const source = z
  .object({
    source: z.string(),
    events: z.number(),
    rejected: z.number(),
    latest_event: time.nullable(),
    last_arrival: time.nullable(),
    trouble: z.string().describe('What is wrong with it now; empty when nothing is.'),
  })
  .openapi('Source');

const live = z.object({
  started: time,
  ready: z.boolean(),
  ticks: z.object({
    count: z.number(),
    failed: z.number(),
    last_seconds: z.number(),
    last_at: time.nullable(),
    last_error: z.string().nullable(),
  }),
  events_stored: z.number(),
  events_rejected: z.number(),
  mismatches: z.number(),
  last_mismatch: z.string().nullable(),
  segments_unread: z.number(),
  strategies: z.array(strategy),
  sources: z.array(source),
}) satisfies z.ZodType<LiveStatus>;

export const status = live
  .extend({
    journal: z.object({
      segments: z.number(),
      bytes: z.number(),
      maxBytes: z.number(),
      refused: z.number(),
    }),
    is_demo: z.boolean().describe('What comes are recordings that are played as if they happened now.'),
  })
  .openapi('Status');

export const token = z
  .object({
    id: z.string(),
    holder: z.string(),
    role: z.enum(ROLE_NAMES),
    sources: z.array(z.string()).nullable().describe('Sources it may hand over logs of; null: any.'),
    created: time,
    expires: time.nullable(),
  })
  .openapi('Token') satisfies z.ZodType<Token>;

export const whoami = z
  .object({ token, permissions: z.array(z.enum(Object.keys(PERMISSIONS) as [Permission])) })
  .openapi('WhoAmI');

export const session = whoami
  .extend({
    csrf: z.string().describe('What each change in this session carries as X-Stowaway-Csrf.'),
    expires: time,
  })
  .openapi('Session');

export const newToken = z
  .strictObject({
    holder: z.string().describe('Who answers for what is done with it: a person or a producer.'),
    role: z.enum(ROLE_NAMES),
    sources: z
      .array(z.string().max(100))
      .max(100)
      .nullish()
      .describe('Only for the role ingest: sources, or products, it may hand over logs of.'),
    expires: z.iso.datetime().nullish().describe('When it ends; without it, when it is revoked.'),
  })
  .openapi('NewToken');

export const createdToken = z
  .object({ token, secret: z.string().describe('Shown this once.') })
  .openapi('CreatedToken');

export const auditFilter = z.strictObject({
  limit: count(1000).optional().describe('Default 100.'),
  after: z
    .string()
    .regex(/^\d{1,15}$/, '`next` of the page before')
    .optional(),
});

const auditEntry = z
  .object({
    at: time,
    who: z.string(),
    token: z.string(),
    what: z.string(),
    target: z.string(),
    detail: z.record(z.string(), z.unknown()),
    from: z.string(),
  })
  .openapi('AuditEntry') satisfies z.ZodType<AuditEntry>;

export const auditPage = z
  .object({ entries: z.array(auditEntry), next: z.string().nullable() })
  .openapi('AuditPage');

export const problem = z
  .object({
    ...{ type: z.string(), title: z.string(), status: z.number(), detail: z.string() },
    reasons: z.array(z.string()).optional().describe('Each of several, where there are such.'),
  })
  .openapi('Problem');
