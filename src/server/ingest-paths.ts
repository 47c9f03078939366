import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Env } from './context.js';
import { problem } from './schemas.js';

interface IngestPath {
  path: string;
  summary: string;
  name?: string;
  /** What producers of this door expect; default: what was taken, and a problem. */
  done?: z.ZodType;
  refused?: z.ZodType;
}

const accepted = z.object({ accepted: z.number() });
/** As Splunk's collector answers. */
const collector = z.object({ text: z.string(), code: z.number() });
const collected = { done: collector, refused: collector };
/** As Elasticsearch answers. */
const indexed = {
  done: z.object({
    took: z.number(),
    errors: z.boolean(),
    items: z.array(z.record(z.string(), z.unknown())),
  }),
  refused: z.object({ error: z.object({ type: z.string(), reason: z.string() }), status: z.number() }),
};

const PATHS: IngestPath[] = [
  { path: '/ingest', summary: 'Logs of any source, told by their content' },
  { path: '/ingest/{source}', summary: 'Logs of one source, or of one product', name: 'source' },
  {
    ...{ path: '/services/collector/event', summary: 'Splunk HTTP event collector: documents with `event`' },
    ...collected,
  },
  { path: '/services/collector/raw', summary: 'Splunk HTTP event collector: lines', ...collected },
  { path: '/_bulk', summary: 'Elasticsearch bulk: `index` and `create`', ...indexed },
];

/** Puts the endpoints that take logs into the OpenAPI document: their bodies are what producers send, and have no schema. */
export function describeIngest(app: OpenAPIHono<Env>): void {
  for (const { path, summary, name, done = accepted, refused } of PATHS) {
    const refusal = (description: string) => ({
      description,
      content: {
        'application/problem+json': { schema: problem },
        ...(refused && { 'application/json': { schema: refused } }),
      },
    });
    app.openAPIRegistry.registerPath({
      method: 'post',
      path,
      summary,
      description:
        'Permission ingest: ingest. Content-Encoding may be gzip or zstd; Content-Type does not matter.',
      security: [{ token: [] }],
      request: {
        ...(name && { params: z.object({ [name]: z.string() }) }),
        body: { required: true, content: { 'application/octet-stream': { schema: z.string() } } },
      },
      responses: {
        200: {
          description: 'All records are on disk.',
          content: { 'application/json': { schema: done } },
        },
        400: refusal('Nothing was taken: encoding or body is broken; `detail` says where.'),
        401: refusal('No valid token.'),
        403: refusal('The token may not hand over these.'),
        404: refusal('No source of that name; `detail` names the nearest.'),
        413: refusal('Too large.'),
        429: refusal('Too many requests; Retry-After says how long to wait.'),
        503: refusal(
          'Nothing was taken: the journal is full or cannot be written; Retry-After says how long to wait.',
        ),
      },
    });
  }
}
