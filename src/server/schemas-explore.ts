import { z } from '@hono/zod-openapi';
import { QUERY_TABLE_NAMES } from '../model/event-query/tables.js';
import type {
  EventHistogram,
  EventRows,
  FieldValues,
  Pairs,
  Rhythm,
  ServiceGraph,
} from '../model/explore.js';
import { count, time } from './schemas.js';

const filter = z
  .string()
  .max(4000)
  .default('')
  .describe(
    'Terms that must hold, as docs/console.md says: `entity:prod/app1 bytes_out>1MB -app:ssh time>-2h`.',
  );
const now = z.iso
  .datetime()
  .optional()
  .describe('What `time>-2h` counts from, so that pages of one question agree. Default: now.');
const field = z.string().min(1).max(64);
const asked = { filter, now };
const table = z.enum(QUERY_TABLE_NAMES);

export const connectionsFilter = z.strictObject(asked);
export const eventsFilter = z.strictObject({ table, ...asked });
export const valuesFilter = z.strictObject({ table, ...asked, field });
export const rowsFilter = z.strictObject({
  ...{ table, ...asked },
  sort: field
    .optional()
    .describe('A field that is a number, the largest first. Default: time, the latest first.'),
  limit: count(500).optional().describe('Default 100.'),
  offset: z.coerce.number().int().min(0).max(10_000).optional(),
});
export const graphFilter = z.strictObject({
  ...asked,
  edges: z.enum(['unusual', 'all']).optional().describe('Default `unusual`: only what is new or loud.'),
});

const span = { from: time, to: time };
const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

export const eventRows = z
  .object({
    ...span,
    rows: z.array(
      z.object({
        time,
        fields: z.record(z.string(), fieldValue),
        findings: z
          .array(z.object({ uid: z.string(), technique: z.string() }))
          .describe('About its entity at its time.'),
      }),
    ),
    reachable: z.number().describe('So many of the first rows can be asked for.'),
  })
  .openapi('EventRows') satisfies z.ZodType<EventRows>;

export const eventHistogram = z
  .object({
    ...span,
    bucket_seconds: z.number(),
    total: z.number(),
    buckets: z
      .array(z.object({ time, rows: z.number(), bytes: z.number() }))
      .describe('One that is not there is empty.'),
    bytes_field: z.string().describe('Which field `bytes` sums; empty where the table has none.'),
    rows_span: z.object(span).nullable(),
  })
  .openapi('EventHistogram') satisfies z.ZodType<EventHistogram>;

export const fieldValues = z
  .object({
    ...span,
    field: z.string(),
    values: z.array(z.object({ value: z.string(), rows: z.number(), bytes: z.number() })),
    distinct: z.number(),
  })
  .openapi('FieldValues') satisfies z.ZodType<FieldValues>;

export const pairs = z
  .object({
    ...span,
    pairs: z.array(
      z.object({
        entity: z.string(),
        peer: z.string(),
        connections: z.number(),
        bytes_out: z.number(),
        pause_seconds: z.number(),
        deviation_seconds: z.number(),
        regularity: z.number().describe('1: as a clock; 0: by chance.'),
      }),
    ),
  })
  .openapi('Pairs') satisfies z.ZodType<Pairs>;

export const rhythm = z
  .object({
    ...span,
    contacts: z.array(z.object({ time, bytes_out: z.number(), bytes_in: z.number() })),
    total: z.number().describe('How many there are; the earliest 2,000 are listed.'),
    quarters: z
      .array(z.object({ time, connections: z.number(), bytes_out: z.number() }))
      .describe('By the quarter of an hour.'),
  })
  .openapi('Rhythm') satisfies z.ZodType<Rhythm>;

export const serviceGraph = z
  .object({
    ...span,
    nodes: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['entity', 'destination', 'group']),
        name: z.string(),
        is_inside: z.boolean(),
        members: z.number(),
        findings: z.number().describe('Open ones.'),
        filter_from: z.string(),
        filter_to: z.string(),
      }),
    ),
    edges: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        connections: z.number(),
        bytes_out: z.number(),
        bytes_in: z.number(),
        ports: z.array(z.number()),
        apps: z.array(z.string()),
        first: time,
        last: time,
        is_new: z.boolean(),
        is_loud: z.boolean(),
      }),
    ),
    edges_total: z.number(),
    nodes_total: z.number(),
    unusual_total: z.number(),
    is_grouped: z.boolean(),
    history_from: time.nullable(),
  })
  .openapi('ServiceGraph') satisfies z.ZodType<ServiceGraph>;
