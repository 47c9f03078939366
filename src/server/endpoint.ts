import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { answerJson } from './answers.js';
import type { Authenticate } from './authenticate.js';
import { clientOf, type Env, type Parts, type Request } from './context.js';
import { readBody } from './read-body.js';
import { Refusal } from './refusal.js';
import { may, type Permission, ROLE_NAMES } from './roles.js';
import { problem } from './schemas.js';
import type { Token } from './tokens.js';

/** What an endpoint is asked. */
export interface Asked<Query, Body> {
  token: Token;
  /** The part of the path that is a name; '' where there is none. */
  name: string;
  query: Query;
  body: Body;
  /** Address of the client. */
  from: string;
  c: Request;
}

/** One endpoint of the API: what it takes and gives, who may, and what is done. */
export interface Endpoint<Query extends z.ZodType, Body extends z.ZodType> {
  method: 'get' | 'post' | 'delete';
  /** Below /api/v1; `{uid}` or `{id}` is a name. */
  path: string;
  summary: string;
  permission: Permission;
  query?: Query;
  body?: Body;
  gives: z.ZodType;
  /** Of what it gives; default JSON. */
  media?: string;
  /** What 409 means, or 404 where no name is in the path. */
  conflict?: string;
  missing?: string;
  /** Default 200. */
  status?: number;
  /** A Response goes out as it is. */
  run(asked: Asked<z.infer<Query>, z.infer<Body>>): Promise<unknown>;
}

export const API = '/api/v1';
/** Nothing that is asked of the API is larger. */
const MAX_BODY_BYTES = 64 * 1024;
const NAME = /^[A-Za-z0-9_.-]{1,80}$/;

export type Define = <Query extends z.ZodType, Body extends z.ZodType>(
  endpoint: Endpoint<Query, Body>,
) => void;

/** Makes endpoints of their declarations, and documents them by the same. */
export function buildDefine(app: OpenAPIHono<Env>, parts: Parts, authenticate: Authenticate): Define {
  return (endpoint) => {
    const { method, path, permission, run } = endpoint;
    describe(app, endpoint);
    app.on(method.toUpperCase(), `${API}${path.replace(/\{(\w+)\}/g, ':name')}`, async (c) => {
      const token = await authenticate(c, permission);
      const name = c.req.param('name') ?? '';
      if (path.includes('{') && !NAME.test(name)) throw new Refusal(404, 'no such name');
      const query = parse(endpoint.query, queryOf(c), 'the query');
      const body = endpoint.body ? parse(endpoint.body, await jsonOf(c, parts), 'the body') : undefined;
      const result = await run({ token, name, query, body, from: clientOf(c), c } as never);
      return result instanceof Response ? result : answerJson(result, endpoint.status);
    });
  };
}

const LISTS = ['severity', 'uid'];

/** A key given more than once is a list, and so is one that is only ever a list. */
function queryOf(c: Request): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([key, values]) => [
      key,
      values.length === 1 && !LISTS.includes(key) ? values[0]! : values,
    ]),
  );
}

async function jsonOf(c: Request, { limits }: Parts): Promise<unknown> {
  const small = { ...limits, bodyBytes: MAX_BODY_BYTES, plainBytes: MAX_BODY_BYTES };
  const body = await readBody(c.env.incoming, small, () => {});
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'the body is no JSON');
  }
}

function parse(schema: z.ZodType | undefined, value: unknown, what: string): unknown {
  const parsed = (schema ?? z.strictObject({})).safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const place = issue.path.length > 0 ? `${issue.path.join('.')} in ${what}` : what;
  throw new Refusal(400, `${place}: ${issue.message}`.slice(0, 500));
}

const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});

function describe(app: OpenAPIHono<Env>, endpoint: Endpoint<z.ZodType, z.ZodType>): void {
  const { method, path, summary, permission, query, body, gives, status = 200 } = endpoint;
  const { media = 'application/json', conflict } = endpoint;
  const name = /\{(\w+)\}/.exec(path)?.[1];
  const missing = endpoint.missing ?? (name && 'There is none of that name.');
  const roles = ROLE_NAMES.filter((role) => may(role, permission)).join(', ');
  app.openAPIRegistry.registerPath({
    method,
    path: `${API}${path}`,
    summary,
    description: `Permission ${permission}: ${roles}.`,
    security: [{ token: [] }],
    request: {
      ...(name && { params: z.object({ [name]: z.string() }) }),
      ...(query && { query: query as unknown as z.ZodObject }),
      ...(body && { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      [status]: { description: 'Done.', content: { [media]: { schema: gives } } },
      400: problemAnswer('What was sent does not fit; `detail` says what.'),
      401: problemAnswer('No valid token.'),
      403: problemAnswer('The role of the token may not.'),
      ...(missing && { 404: problemAnswer(missing) }),
      ...(conflict && { 409: problemAnswer(conflict) }),
      ...(body && { 413: problemAnswer('The body is too large.') }),
      429: problemAnswer('Too many requests; Retry-After says how long to wait.'),
      503: problemAnswer('Not now; Retry-After says how long to wait.'),
    },
  });
}
