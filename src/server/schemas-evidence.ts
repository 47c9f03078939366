import { z } from '@hono/zod-openapi';
import type {
  EntityPicture,
  EvidencePage,
  FindingContacts,
  FindingFlood,
  FindingLanes,
  FindingMark,
  FindingSeries,
  FindingSummary,
  StrategyDay,
} from '../model/live.js';
import type { Precision } from '../model/precision.js';
import { count, detail, evidenceClass, severity, time } from './schemas.js';

const name = z.string().min(1).max(500);
const place = z
  .string()
  .regex(/^\d{1,9}$/, '`next` of the page before')
  .optional();

export const findingSummary = z
  .object({
    total: z.number(),
    severity: z.partialRecord(severity, z.number()),
    strategy: z.record(z.string(), z.number()),
  })
  .openapi('FindingSummary') satisfies z.ZodType<FindingSummary>;

const share = z.number();

export const precision = z
  .object({
    of: z.string().describe('A strategy, or one of its analytics as strategy/analytic.'),
    true_positives: z.number(),
    false_positives: z.number(),
    benign: z.number().describe('It happened, and was meant to: neither for nor against.'),
    unjudged: z.number(),
    precision: share.nullable().describe('True positives among true and false ones; null: none was judged.'),
    interval: z.tuple([share, share]).nullable().describe('Wilson’s interval of it, 95 %.'),
    expected_precision: share.describe('From a flat prior: what to expect of the next finding.'),
  })
  .openapi('Precision') satisfies z.ZodType<Precision>;

export const strategyDay = z
  .object({ strategy: z.string(), day: z.string().describe('YYYY-MM-DD, UTC'), findings: z.number() })
  .openapi('StrategyDay') satisfies z.ZodType<StrategyDay>;

export const seriesFilter = z.strictObject({
  uid: z.array(z.string().max(64)).min(1).max(200).describe('May be given more than once.'),
});

export const findingSeries = detail
  .pick({ uid: true, bucket_seconds: true, series: true, baseline: true })
  .openapi('FindingSeries') satisfies z.ZodType<FindingSeries>;

export const evidenceFilter = z.strictObject({
  source: name.optional(),
  class: evidenceClass.optional(),
  limit: count(1000).optional().describe('Default 200.'),
  after: place,
});

export const evidencePage = z
  .object({ rows: detail.shape.evidence, total: z.number(), next: z.string().nullable() })
  .openapi('EvidencePage') satisfies z.ZodType<EvidencePage>;

const bucket = z.number().describe('Number of the bucket, counted from `from`.');

export const findingLanes = z
  .object({
    from: time,
    to: time,
    bucket_seconds: z.number(),
    lanes: z.array(
      z.object({
        source: z.string(),
        evidence: z.array(z.object({ bucket, class: evidenceClass, rows: z.number() })),
        alive: z
          .array(z.object({ bucket, rows: z.number() }))
          .describe('Rows of anything; a bucket that is not there is one in which the source was silent.'),
      }),
    ),
  })
  .openapi('FindingLanes') satisfies z.ZodType<FindingLanes>;

export const findingContacts = z
  .object({
    peer: z.string(),
    contacts: z.array(z.object({ time, bytes_out: z.number(), bytes_in: z.number() })),
    total: z.number().describe('How many there are; the earliest 2,000 are listed.'),
  })
  .openapi('FindingContacts') satisfies z.ZodType<FindingContacts>;

const usualRange = z.object({ median: z.number(), upper: z.number().describe('The 99th of a hundred.') });

export const findingFlood = z
  .object({
    minutes: z.array(
      z.object({
        time,
        connections: z.number(),
        futile: z.number().describe('Connections that nothing came of.'),
        packets: z.number(),
      }),
    ),
    usual: z
      .object({ minutes: z.number(), connections: usualRange, packets: usualRange })
      .nullable()
      .describe('Of minutes before in which it met somebody; null: there are too few.'),
    targets: z.array(
      z.object({
        ip: z.string(),
        peer: z.string(),
        port: z.number(),
        protocol: z.string(),
        connections: z.number(),
        packets: z.number(),
      }),
    ),
    targets_total: z.number(),
  })
  .openapi('FindingFlood') satisfies z.ZodType<FindingFlood>;
export const findingMark = z
  .object({
    time,
    what: z
      .enum(['container', 'image', 'exec'])
      .describe('image: a container of an image that was not run before. exec: a command started in one.'),
    text: z.string(),
  })
  .openapi('FindingMark') satisfies z.ZodType<FindingMark>;

export const entityFilter = z.strictObject({
  kind: z.enum(['workload', 'container', 'address', 'node', 'volume', 'actor', 'repository']),
  name,
});

export const entityPicture = z
  .object({
    kind: z.string(),
    name: z.string(),
    containers: z.array(
      z.object({ container_uid: z.string(), container_name: z.string(), image: z.string() }),
    ),
    addresses: z.array(z.object({ ip: z.string(), from: time, to: time, confidence: z.number() })),
    bucket_seconds: z.number(),
    traffic: z
      .array(z.object({ time, out: z.number(), in: z.number() }))
      .describe('Bytes sent to outside, and received from inside.'),
    peers: z.array(
      z.object({
        peer: z.string(),
        port: z.number(),
        app: z.string(),
        is_inside: z.boolean(),
        role: z.enum(['initiator', 'responder']),
        first: time,
        last: time,
        bytes_out: z.number(),
        bytes_in: z.number(),
        connections: z.number(),
      }),
    ),
    peers_total: z.number(),
  })
  .openapi('EntityPicture') satisfies z.ZodType<EntityPicture>;
